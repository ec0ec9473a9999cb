// The sentences of a text that are nearest to, and farthest from, their translations.

/** Make an element with text, attributes and children; text is never markup. */
function make(tag, { text, ...attributes } = {}, ...children) {
  const element = document.createElement(tag);
  if (text !== undefined) element.textContent = text;
  for (const [name, value] of Object.entries(attributes)) if (value !== undefined && value !== null) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

/** The rows shown for the state: [{ end: "best"|"worst", line, cosine, sentence, translation }], and what they are of. */
function chosenSentences(state) {
  const found = SENTENCES.chosen[state.sentence_model]?.[state.corpus]?.[state.sentence_text];
  if (!found) return { rows: [] };
  const { [state.sentence_text]: ours, [FACTS.reference]: theirs } = SENTENCES.lines[state.corpus];
  const rows = ["best", "worst"].flatMap((end) =>
    found[end].map(([line, cosine]) => ({ end, line, cosine, sentence: ours[line], translation: theirs[line] })));
  return { rows, layer: found.layer, of: found.of };
}

function languageTag(text) {
  return `${text.lang}-${text.script}`;
}

function showSentences(state, into) {
  const { rows, layer, of } = chosenSentences(state);
  into.replaceChildren();
  if (!rows.length) {
    into.append(make("p", { class: "empty", text: "No sentences were compared for this model, corpus and text. Choose another." }));
    return;
  }
  const [text, reference] = [state.sentence_text, FACTS.reference].map((name) => TEXTS[TEXT_PLACE.get(name)]);
  into.append(
    make("p", { class: "about" , text: `Cosine of a sentence with its translation in layer ${layer}: of the mean token vectors, ` +
      `less the mean over the text. ${of} sentences were compared.` }),
  );
  for (const [end, title] of [["best", "Nearest to their translations"], ["worst", "Farthest from their translations"]]) {
    const list = make("ol", { class: `sentences ${end}` });
    for (const row of rows.filter((one) => one.end === end)) {
      list.append(
        make("li", {},
          make("p", { class: "cosine", text: shown(row.cosine) }, make("small", { text: `line ${row.line + 1}` })),
          make("p", { class: "sentence", dir: text.dir, lang: languageTag(text), text: row.sentence }),
          make("p", { class: "translation", dir: reference.dir, lang: languageTag(reference), text: row.translation })),
      );
    }
    into.append(make("section", {}, make("h2", { text: title }), list));
  }
}
