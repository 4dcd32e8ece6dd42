"""One beacon that uses every field of `cursor-beacon/1`: shown in the contract's docs page, parsed by its tests.

A desktop visitor rests on a story, scrolls, clicks an ad and leaves the window; the third beacon of the page view.
"""

from __future__ import annotations

from typing import Any

EXAMPLE_BEACON: dict[str, Any] = {
    "schema": "cursor-beacon/1",
    "beacon_id": "b-7f3a-2",
    "page_view_id": "pv-7f3a",
    "seq": 2,
    "is_last": False,
    "visitor_id": "v-51c0",
    "session_id": "s-9e12",
    "started_at_ms": 1795168800000,
    "sent_at_ms": 1795168815000,
    "received_at_ms": 1795168815140,
    "observed_until_ms": 14990,
    "page": {
        "surface": "feed",
        "url": "https://example.org/feed",
        "layout_id": "feed-v7",
        "document_w_px": 1265,
        "document_h_px": 9400,
    },
    "device": {
        "type": "desktop",
        "pointer": "mouse",
        "platform": "web",
        "viewport_w_px": 1280,
        "viewport_h_px": 800,
        "user_agent": "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0",
        "app_version": "tracker-3.2",
    },
    "consent": {"purposes": ["product_development", "ads"], "gpc": False},
    "experiments": {"ranking": "b"},
    "pointer": {
        "t_ms": [10040, 10090, 12400, 14200],
        "x_px": [412, 418.5, 418.5, None],
        "y_px": [300, 306, 306, None],
        "target": ["slot-4", "slot-4", "slot-5", None],
    },
    "clicks": {"t_ms": [12900], "x_px": [418.5], "y_px": [306], "target": ["slot-5"]},
    "scroll": {"t_ms": [12350], "y_px": [640]},
    "items": {
        "t_ms": [12350, 12350],
        "item_id": ["slot-4", "slot-5"],
        "visible_share": [0.25, 1],
        "viewport_share": [0.09, 0.31],
    },
    "item_meta": [
        {
            "item_id": "slot-5",
            "item_type": "ad",
            "feed_rank": 5,
            "width_px": 500,
            "height_px": 640,
            "topic": "travel",
            "ad_id": "creative-88",
        }
    ],
    "state": {"t_ms": [14200], "state": ["blurred"]},
}
