"use strict";
// Filters the findings. All of the report is in the page already: without this it reads the same, only longer.
(() => {
  const form = document.getElementById("filter");
  if (form) {
    const output = form.querySelector("output");
    const nothing = document.getElementById("nothing");
    const number = new Intl.NumberFormat("en-US");
    let groups = null;

    // Built on first use, so that opening a large report costs nothing more than reading it.
    const index = () => Array.from(document.querySelectorAll("#list > section"), (section) => ({
      section,
      text: (section.querySelector("h3").textContent + " " + (section.querySelector(".above")?.textContent ?? "")).toLowerCase(),
      cards: Array.from(section.querySelectorAll("article"), (card) => ({ card, is: card.dataset })),
    }));

    const show = (element, visible) => {
      if (element.hidden === visible) element.hidden = !visible;
    };

    const apply = () => {
      groups ??= index();
      const wanted = new FormData(form);
      const text = String(wanted.get("g")).trim().toLowerCase();
      const rule = wanted.get("r");
      const chosen = ["s", "d", "c"].map((name) => [name, new Set(wanted.getAll(name))]).filter(([, set]) => set.size);
      let shown = 0;
      let total = 0;
      for (const group of groups) {
        const named = group.text.includes(text);
        let some = false;
        for (const { card, is } of group.cards) {
          const fits = named && (!rule || is.r === rule) && chosen.every(([name, set]) => set.has(is[name]));
          show(card, fits);
          some ||= fits;
          shown += fits;
        }
        total += group.cards.length;
        show(group.section, some);
      }
      output.textContent = shown === total ? `${number.format(total)} shown` : `${number.format(shown)} of ${number.format(total)} shown`;
      show(nothing, shown === 0);
    };

    let waiting;
    form.addEventListener("input", (event) => {
      clearTimeout(waiting);
      waiting = setTimeout(apply, event.target.type === "search" ? 150 : 0);
    });
    form.addEventListener("reset", () => setTimeout(apply));
    form.addEventListener("submit", (event) => event.preventDefault());
    // A link to a group that the filter hides shows it all the same.
    document.addEventListener("click", (event) => {
      const link = event.target.closest?.("a[href^='#group-']");
      if (link && document.getElementById(link.hash.slice(1))?.hidden) {
        form.reset();
        apply();
      }
    });
    form.hidden = false;
    // A browser that reloads a page fills in what was chosen before.
    if (new FormData(form).entries().some(([, value]) => value)) apply();
  }

  // On paper nothing can be opened.
  let folded = [];
  addEventListener("beforeprint", () => {
    folded = Array.from(document.querySelectorAll("details:not([open])"));
    for (const details of folded) details.open = true;
  });
  addEventListener("afterprint", () => {
    for (const details of folded) details.open = false;
  });
})();
