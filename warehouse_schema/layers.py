"""What all tables of a layer have in common: who answers for them, how fresh they are, who may read them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Layer:
    """One layer of the warehouse. `owner` is a role, not a person; `latency_days` counts from the end of an event date, or
    of a run, to the end of the night that first shows it."""

    name: str
    owner: str
    freshness: str
    latency_days: int
    readers: str
    classification: str

    @property
    def is_restricted(self) -> bool:
        """Whether rows may be about one person, so that not everybody may read them."""
        return self.classification == "restricted"


#: Who answers for the tables: builds them, looks into what fails, decides on changes of a contract.
WAREHOUSE_TEAM = "warehouse team"
_PERMITTED = "those who have permission: a row may be about one person"

LAYERS: dict[str, Layer] = {
    layer.name: layer
    for layer in (
        Layer(
            name="clean",
            owner=WAREHOUSE_TEAM,
            freshness="Each night adds what it lands; late beacons change a date until its late window closes.",
            latency_days=1,
            readers=_PERMITTED,
            classification="restricted",
        ),
        Layer(
            name="mart",
            owner=WAREHOUSE_TEAM,
            freshness="The night after an event date shows it, provisional; late beacons rebuild it until its late window closes.",
            latency_days=1,
            readers="every analyst",
            classification="internal",
        ),
        Layer(
            name="ops",
            owner=WAREHOUSE_TEAM,
            freshness="Each run adds its rows when it ends, whether it publishes or is blocked.",
            latency_days=1,
            readers="every analyst",
            classification="internal",
        ),
        Layer(
            name="restricted",
            owner=WAREHOUSE_TEAM,
            freshness="Each run adds its rows when it ends, whether it publishes or is blocked.",
            latency_days=1,
            readers="operators: amounts may be of groups too small to publish",
            classification="restricted",
        ),
    )
}
