"""Questions that product and advertising people ask of the published tables, each with its query, picture and warning."""

from jobs.questions.ads import ADS
from jobs.questions.feed import FEED
from jobs.questions.layouts import LAYOUTS
from jobs.questions.pages import PAGES
from jobs.questions.question import DATE, Question
from jobs.questions.stories import STORIES
from jobs.questions.trust import TRUST
from jobs.questions.visits import VISITS

__all__ = ["CHAPTERS", "DATE", "QUESTIONS", "Question"]

CHAPTERS: dict[str, tuple[Question, ...]] = {
    "Stories": STORIES,
    "The feed": FEED,
    "Ads": ADS,
    "Pages": PAGES + LAYOUTS,
    "Visits": VISITS,
    "The data itself": TRUST,
}
QUESTIONS = tuple(question for chapter in CHAPTERS.values() for question in chapter)
