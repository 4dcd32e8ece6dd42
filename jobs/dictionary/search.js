// The search of the dictionary: every word must be found in an entry; names count more than meanings.
"use strict";
(() => {
  const SHOWN = 30;
  // By how a word is met in the name of an entry, or in its other words; all words in this order count as much again.
  const SAME = 60, BEGINS = 30, WORD_OF_NAME = 20, IN_NAME = 12, WORD = 8, ANYWHERE = 2, PHRASE = 25;
  const KINDS = { metric: 16, table: 16, column: 12, question: 0, expectation: -50 };
  // What most may not read comes later.
  const RESTRICTED = -12;
  // Shorter words are looked for at the start of words alone: "in" is no part of "within".
  const SHORT = 3;
  const field = document.getElementById("search");
  const results = document.getElementById("results");
  const count = document.getElementById("result-count");
  const list = document.getElementById("result-list");
  const entries = window.dictionaryEntries.map((entry, place) => ({
    ...entry,
    place,
    base: KINDS[entry.kind] + (entry.places.some(([place]) => /^(mart|ops)\b|^Metrics$/.test(place)) ? 0 : RESTRICTED),
    lowName: entry.name.toLowerCase(),
    lowWords: `${entry.words} ${entry.places.map(([place]) => place).join(" ")}`.toLowerCase(),
  }));

  const startsWord = (text, term) => {
    for (let at = text.indexOf(term); at >= 0; at = text.indexOf(term, at + 1)) {
      if (at === 0 || !/[a-z0-9]/.test(text[at - 1])) return true;
    }
    return false;
  };

  const worth = (entry, term) => {
    if (entry.lowName === term) return SAME;
    if (entry.lowName.startsWith(term)) return BEGINS;
    if (startsWord(entry.lowName, term)) return WORD_OF_NAME;
    const isLong = term.length >= SHORT;
    if (isLong && entry.lowName.includes(term)) return IN_NAME;
    if (startsWord(entry.lowWords, term)) return WORD;
    return isLong && entry.lowWords.includes(term) ? ANYWHERE : 0;
  };

  const inOneGo = (entry, terms) => {
    const phrase = terms.join(" ");
    return terms.length > 1 && (entry.lowName.includes(phrase) || entry.lowWords.includes(phrase)) ? PHRASE : 0;
  };

  const found = terms => entries
    .map(entry => [entry, terms.map(term => worth(entry, term))])
    .filter(([, worths]) => worths.every(one => one > 0))
    .map(([entry, worths]) => [entry, worths.reduce((sum, one) => sum + one, entry.base + inOneGo(entry, terms))])
    .sort(([a, x], [b, y]) => y - x || a.place - b.place)
    .map(([entry]) => entry);

  const element = (name, className, ...children) => {
    const made = document.createElement(name);
    if (className) made.className = className;
    made.append(...children);
    return made;
  };

  // A long name may break after its underscores and dots.
  const breakable = text => text.split(/(?<=[_.\]])/).flatMap(part => [part, element("wbr")]).slice(0, -1);

  // The text with every term marked; longer ones first, so that one within another is marked once.
  const marked = (text, terms) => {
    const any = [...terms].sort((a, b) => b.length - a.length)
      .map(term => (term.length < SHORT ? "(?<![a-z0-9])" : "") + term.replace(/[^a-z0-9_]/g, "\\$&")).join("|");
    return text.split(new RegExp(`(${any})`, "i"))
      .flatMap((part, n) => (n % 2 ? element("mark", "", ...breakable(part)) : breakable(part)));
  };

  // The words from near the first hit on.
  const excerpt = (text, terms) => {
    const hits = terms.map(term => text.toLowerCase().indexOf(term)).filter(at => at >= 0);
    const from = hits.length ? Math.max(0, text.lastIndexOf(" ", Math.max(0, Math.min(...hits) - 50))) : 0;
    const part = text.slice(from, from + 170).trim();
    return `${from ? "… " : ""}${part}${from + 170 < text.length ? " …" : ""}`;
  };

  const link = (address, ...children) => {
    const made = element("a", "", ...children);
    made.href = address;
    return made;
  };

  // The name leads to the first place that says so, each other place to itself.
  const item = (entry, terms) => {
    const [[place, address], ...others] = entry.places;
    return element("li", "hit",
      element("span", "kind", entry.kind),
      link(address, ...marked(entry.name, terms)),
      element("small", "", ...marked(excerpt(entry.words, terms), terms)),
      element("small", "places", ...breakable(place),
        ...others.flatMap(([other, there], n) => [n ? ", " : " · also in ", link(there, ...breakable(other))])));
  };

  const show = () => {
    const terms = [...new Set(field.value.toLowerCase().split(/\s+/).filter(Boolean))];
    results.hidden = terms.length === 0;
    const hits = terms.length ? found(terms) : [];
    list.replaceChildren(...hits.slice(0, SHOWN).map(entry => item(entry, terms)));
    count.textContent = hits.length === 0 ? "Nothing found. Try another word, or a part of it."
      : hits.length > SHOWN ? `${hits.length} found, the first ${SHOWN}: add a word.` : `${hits.length} found`;
  };

  const leave = () => {
    field.value = "";
    show();
  };

  const walk = (event, step) => {
    const links = [...list.querySelectorAll("a")];
    const at = links.indexOf(document.activeElement) + step;
    event.preventDefault();
    (at < 0 ? field : links[Math.min(at, links.length - 1)] ?? field).focus();
  };

  field.addEventListener("input", show);
  field.form.addEventListener("submit", event => {
    event.preventDefault();
    list.querySelector("a")?.click();
  });
  list.addEventListener("click", event => { if (event.target.closest("a")) leave(); });
  document.addEventListener("keydown", event => {
    const inSearch = event.target === field || results.contains(event.target);
    if (event.key === "/" && event.target !== field && !event.ctrlKey && !event.metaKey && !event.altKey) {
      event.preventDefault();
      field.focus();
      field.select();
    } else if (inSearch && event.key === "ArrowDown") walk(event, 1);
    else if (inSearch && event.key === "ArrowUp") walk(event, -1);
    else if (inSearch && event.key === "Escape") {
      event.preventDefault();
      leave();
      field.focus();
    }
  });
  show();
})();
