"""docs/questions.md: every question with its query, its answer on the warehouse of `make demo`, its picture and its warning.

    python -m jobs.questions.page [--check] [DEMO MONTH]

Queries, pictures' commands and warnings come from the declarations; answers and pictures from two warehouses, those of
`make demo` and, for questions that need more people or dates, `make month`. With --check nothing is written: a page is stale if
the declarations, or the answers of warehouses that are given, say something else.
"""

from __future__ import annotations

import io
import re
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from jobs.questions import CHAPTERS, DATE, QUESTIONS
from jobs.questions.ask import ask, draw
from jobs.questions.question import Bars, Question

DOCS = Path(__file__).resolve().parents[2] / "docs"
PAGE, PICTURES = DOCS / "questions.md", DOCS / "images" / "questions"
DEMO, MONTH = "data/warehouse", "data/month/warehouse"
#: By a question's name, one answer, or two.
Answers = Mapping[str, Sequence[str]]
GENERATED = "<!-- Written by `make questions` from jobs/questions/: change the declaration, not this page. -->"
#: A page of pictures stays small. A palette holds at most 256 colours, which a scale of colours needs.
COLOURS, MAX_BYTES = (256, 128), 60_000
ANSWER = re.compile(r"^\*\*(?:Answer\.|Of more people)\*\*(?:, after .+?`:)? (.+)$", re.M)
HEAD = f"""# Questions to the tables

What product and advertising people ask, how to ask it of the tables, and how not to misread the answer. After `make demo`
every block can be pasted into a shell in the clone as it is. The answers are of that demo, the simulated date {DATE}:
its numbers say how the tables work, and nothing about anybody. Three questions need more people or more dates than it has, and
are answered a second time, of four Fridays that `make month` simulates; so are their pictures.

```sh
.venv/bin/hoverlake ask                # all questions
.venv/bin/hoverlake ask stopped-at     # one, by name or number: its answer in words, for the newest date or --date
```

[What the dialect knows](sql.md), [what each column means](README.md), [all pictures](pictures.md).

Three rules hold for every query below; break them and the answer is wrong, not merely rough.

- **Small groups.** Rows of fewer than `min_visitors` visitors are merged, and lose a key; `is_remainder` marks them. Totals
  include them. Breakdowns leave them out or show them as (small groups), and the answer says how much they hold. What is too
  few people even so is published nowhere: every total is of what is published.
- **Not measured is NULL.** Each ratio is over its own denominator, `hover_measured_count` and the like, which stands beside it.
- **Not everything adds up.** Only columns that a table's page lists under *Adds up over rows* are summed, `visitor_count` never."""


def render(answers: Answers) -> str:
    """The page with the answers to each question, of the demo and, where it is asked too, of the larger warehouse."""
    blocks = [GENERATED, HEAD, *_contents()]
    for chapter, questions in CHAPTERS.items():
        blocks.append(f"## {chapter}")
        for question in questions:
            blocks += _blocks(question, answers[question.slug])
    return "\n\n".join(blocks) + "\n"


def _contents() -> Iterator[str]:
    for chapter, questions in CHAPTERS.items():
        links = " · ".join(f"[{question.asked}](#{anchor(question)})" for question in questions)
        yield f"**{chapter}**: {links}"


def heading(question: Question) -> str:
    """The question with its number."""
    return f"{QUESTIONS.index(question) + 1}. {question.asked}"


def anchor(question: Question) -> str:
    """Where the heading is on the page, as GitHub names it."""
    return re.sub(r"[^\w\- ]", "", heading(question).lower()).replace(" ", "-")


def picture_path(question: Question) -> Path:
    """Where the question's picture is kept."""
    return PICTURES / f"{question.slug}.png"


def picture_command(question: Question, date: str = str(DATE)) -> str:
    """The words after `hoverlake` that draw the picture of the question's answer."""
    picture = question.picture
    words = f"ask {question.slug} --date {date}" if isinstance(picture, Bars) else picture.words(DATE)
    return f"{words} -o data/{question.slug}.png"


def _blocks(question: Question, answers: Sequence[str]) -> Iterator[str]:
    yield f"### {heading(question)}"
    yield f"**Answer.** {answers[0]}"
    yield f'```sh\n.venv/bin/hoverlake sql "\n{question.sql}"\n.venv/bin/hoverlake {picture_command(question)}\n```'
    if question.is_of_many:
        yield f"**Of more people**, after `make month`, by the same commands with `--warehouse {MONTH}`: {answers[1]}"
    yield f"![{question.asked}](images/questions/{picture_path(question).name})"
    yield "**How not to misread it.** " + " ".join(question.beware)


def answers_on(page: str) -> Answers:
    """The answers that stand on a page."""
    found: dict[str, list[str]] = {}
    for part in re.split(r"^### \d+\. ", page, flags=re.M)[1:]:
        asked = part.splitlines()[0]
        found |= {question.slug: ANSWER.findall(part) for question in QUESTIONS if question.asked == asked}
    return found


def answers_of(demo: str, month: str) -> Answers:
    """What the warehouse of `make demo` answers about its date, and that of `make month`."""
    return {
        question.slug: [ask(path, question, DATE).words for path in ([demo, month] if question.is_of_many else [demo])]
        for question in QUESTIONS
    }


def is_stale(page: str, warehouses: Sequence[str] = ()) -> bool:
    """Whether declarations, or the answers of the two warehouses, say something else than the page."""
    answers = answers_of(*warehouses) if warehouses else answers_on(page)
    is_whole = all(len(answers.get(question.slug, ())) == 1 + question.is_of_many for question in QUESTIONS)
    return not is_whole or render(answers) != page


def write(demo: str, month: str) -> None:
    """Write page and pictures anew; pictures of questions that are gone are removed."""
    PAGE.write_text(render(answers_of(demo, month)), encoding="utf-8")
    PICTURES.mkdir(parents=True, exist_ok=True)
    for question in QUESTIONS:
        picture_path(question).write_bytes(picture_of(month if question.is_of_many else demo, question))
    for path in set(PICTURES.glob("*.png")) - {picture_path(question) for question in QUESTIONS}:
        path.unlink()


def picture_of(warehouse: str, question: Question) -> bytes:
    """A question's picture as it is kept."""
    with tempfile.TemporaryDirectory() as folder:
        drawn = Path(folder) / "drawn.png"
        draw(warehouse, ask(warehouse, question, DATE), drawn)
        return reduced(drawn)


def reduced(picture: Path) -> bytes:
    """The picture with a palette, and smaller where that is not small enough."""
    from PIL import Image

    image = Image.open(picture).convert("RGB")
    while True:
        for colours in COLOURS:
            held = io.BytesIO()
            image.quantize(colours, dither=Image.Dither.NONE).save(held, "png", optimize=True)
            if held.tell() <= MAX_BYTES:
                return held.getvalue()
        image = image.resize((image.width * 7 // 8, image.height * 7 // 8), Image.Resampling.LANCZOS)


def main(words: Sequence[str]) -> int:
    """Write the page and its pictures, or with --check only say whether the page is stale."""
    named = [word for word in words if word != "--check"]
    if "--check" in words:
        if is_stale(PAGE.read_text(encoding="utf-8"), named):
            print("docs/questions.md is stale: run make questions.", file=sys.stderr)
            return 1
        return 0
    demo, month = named or (DEMO, MONTH)
    write(demo, month)
    print(f"{len(QUESTIONS)} questions written to docs/questions.md, their pictures to docs/images/questions/")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
