// The controls: each shows one part of the state and changes it. All are the browser's own, so they work by keyboard.

const LABELS = { scripts: "Scripts", families: "Families", texts: "Languages", models: "Models" };
const optionName = {
  models: (name) => name,
  scripts: (code) => TEXTS.find((text) => text.script === code).script_name,
  families: (name) => name,
  texts: (name) => TEXTS[TEXT_PLACE.get(name)].label,
};

function fillSelect(select, options, groups = null) {
  select.replaceChildren();
  const into = new Map();
  for (const { value, name, group } of options) {
    const option = make("option", { value, text: name });
    if (!groups || !group) select.append(option);
    else {
      if (!into.has(group)) select.append(into.set(group, make("optgroup", { label: group })).get(group));
      into.get(group).append(option);
    }
  }
}

/** A list of checkboxes with search, All and None; one stop for Tab, arrow keys within. */
function makeChecklist(name, change) {
  const { allowed } = SETTINGS[name];
  const boxes = new Map();
  const list = make("div", { class: "checks", id: `${name}-list` });
  for (const value of allowed) {
    const box = make("input", { type: "checkbox", value, tabindex: "-1" });
    box.addEventListener("change", () => change(name, allowed.filter((one) => boxes.get(one).checked)));
    boxes.set(value, box);
    list.append(make("label", {}, box, make("bdi", { text: optionName[name](value) })));
  }
  const visible = () => [...boxes.values()].filter((box) => !box.closest("label").hidden);
  const stop = (box) => {
    for (const one of boxes.values()) one.tabIndex = -1;
    if (box) box.tabIndex = 0;
  };
  stop(boxes.get(allowed[0]));
  list.addEventListener("focusin", (event) => stop(event.target));
  list.addEventListener("keydown", (event) => {
    const here = visible();
    const place = here.indexOf(event.target);
    const next = { ArrowDown: place + 1, ArrowUp: place - 1, Home: 0, End: here.length - 1 }[event.key];
    if (next === undefined || !here.length) return;
    event.preventDefault();
    here[Math.max(0, Math.min(here.length - 1, next))].focus();
  });
  const count = make("span", { class: "count" });
  const tools = make("div", { class: "tools" });
  if (allowed.length > 12) {
    const search = make("input", { type: "search", placeholder: "Find", "aria-label": `Find in ${LABELS[name].toLowerCase()}`, id: `${name}-search` });
    search.addEventListener("input", () => {
      const wanted = search.value.trim().toLocaleLowerCase();
      for (const [value, box] of boxes) {
        const label = box.closest("label");
        label.hidden = !`${label.textContent} ${value}`.toLocaleLowerCase().includes(wanted);
      }
      stop(visible()[0]);
    });
    tools.append(search);
  }
  // All and None act on what the search leaves, so that "find Turkic, All" adds to what is chosen.
  for (const [text, on] of [["All", true], ["None", false]]) {
    const button = make("button", { type: "button", class: "plain", text, "aria-label": `${text} ${LABELS[name].toLowerCase()}`, id: `${name}-${text.toLowerCase()}` });
    button.addEventListener("click", () => {
      const here = new Set(visible());
      change(name, allowed.filter((value) => (here.has(boxes.get(value)) ? on : boxes.get(value).checked)));
    });
    tools.append(button);
  }
  const details = make("details", { class: "checklist", id: name }, make("summary", {}, make("span", { text: LABELS[name] }), count),
    make("fieldset", {}, make("legend", { class: "hidden", text: LABELS[name] }), tools, list));
  const update = (state) => {
    const chosen = new Set(state[name]);
    for (const [value, box] of boxes) box.checked = chosen.has(value);
    count.textContent = chosen.size === allowed.length ? `all ${allowed.length}` : `${chosen.size} of ${allowed.length}`;
  };
  return { details, update };
}

/** Set up all controls; returns a function that shows a state in them. */
function setUpControls(change) {
  const updates = [];
  const select = (name, options) => {
    const element = byId(name);
    fillSelect(element, options, true);
    element.addEventListener("change", () => change(name, element.value));
    updates.push((state) => { element.value = state[name]; });
    return element;
  };
  const kinds = { metric: "Metrics", text: "Texts", quality: "Quality" };
  const quantities = (ids) => ids.map((id) => ({ value: id, name: QUANTITIES.get(id).name, group: kinds[QUANTITIES.get(id).kind] }));
  const plain = (values) => values.map((value) => ({ value, name: value }));
  const layers = LAYERS.map((value) => ({ value, name: { median: "median of layers 1 and up", last: "last layer" }[value] ?? `layer ${value}` }));
  select("metric", quantities(LAYERED).map(({ value, name }) => ({ value, name })));
  select("corpus", plain(CORPORA));
  byId("corpus").closest(".field").hidden = CORPORA.length < 2;
  select("x", quantities(EVERY));
  select("y", quantities(EVERY));
  for (const axis of ["x", "y"]) {
    const element = select(`${axis}layer`, layers);
    updates.push((state) => { element.disabled = !QUANTITIES.get(state[axis]).layers; });
  }
  select("colour", [["script", "script"], ["family", "family"], ["text", "language"]].map(([value, name]) => ({ value, name })));
  select("intervals", [["marked", "of marked"], ["all", "of all"], ["none", "none"]].map(([value, name]) => ({ value, name })));
  for (const [name, on, off] of [["joined", "yes", "no"], ["scale", "log", "linear"], ["far", "yes", "no"], ["axes", "same", "own"], ["scatter_axes", "same", "own"]]) {
    byId(name).addEventListener("change", (event) => change(name, event.target.checked ? on : off));
    updates.push((state) => { byId(name).checked = state[name] === on; });
  }
  if (HAS_SENTENCES) {
    select("sentence_model", plain(SETTINGS.sentence_model.allowed));
    select("sentence_text", COMPARED.map((value) => ({ value, name: optionName.texts(value) })));
  }
  for (const name of ["models", "texts", "scripts", "families"]) {
    const checklist = makeChecklist(name, change);
    byId("lists").append(checklist.details);
    updates.push(checklist.update);
  }
  const tabs = [...document.querySelectorAll("[role=tab]")];
  for (const tab of tabs) {
    tab.hidden = !SETTINGS.view.allowed.includes(tab.dataset.view);
    tab.addEventListener("click", () => change("view", tab.dataset.view));
    tab.addEventListener("keydown", (event) => {
      const here = tabs.filter((one) => !one.hidden);
      const next = here.indexOf(tab) + ({ ArrowRight: 1, ArrowLeft: -1 }[event.key] ?? NaN);
      if (!here[next]) return;
      here[next].focus();
      here[next].click();
    });
  }
  updates.push((state) => {
    for (const tab of tabs) {
      tab.setAttribute("aria-selected", String(tab.dataset.view === state.view));
      tab.tabIndex = tab.dataset.view === state.view ? 0 : -1;
    }
    for (const part of document.querySelectorAll("[data-views]")) part.hidden = !part.dataset.views.split(" ").includes(state.view);
    byId("marks").replaceChildren(...state.marked.map((text) => {
      const button = make("button", { type: "button", class: "mark", "aria-label": `Unmark ${optionName.texts(text)}` },
        make("bdi", { text: optionName.texts(text) }), " ×");
      button.addEventListener("click", () => change("marked", state.marked.filter((one) => one !== text)));
      return button;
    }));
  });
  return (state) => updates.forEach((update) => update(state));
}
