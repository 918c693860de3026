// The script of the report page: steps, builds, copying, links into closed parts. The page is whole without it.
"use strict";
(() => {
  document.documentElement.classList.add("js");

  // Steps: position 0 shows all steps alike, position n the n-th one.
  const positions = new WeakMap();
  let latest = null;

  const goTo = (lanes, wanted) => {
    const rows = [...lanes.querySelectorAll("tr.step")];
    const position = Math.min(Math.max(wanted, 0), rows.length);
    positions.set(lanes, position);
    latest = lanes;
    lanes.classList.toggle("stepping", position > 0);
    rows.forEach((row, index) => {
      row.classList.toggle("done", index < position - 1);
      row.classList.toggle("now", index === position - 1);
      if (index === position - 1) {
        row.setAttribute("aria-current", "step");
        row.scrollIntoView({ block: "nearest" });
      } else {
        row.removeAttribute("aria-current");
      }
    });
    const count = `${rows.length} step${rows.length === 1 ? "" : "s"}`;
    lanes.querySelector(".count").textContent = position ? `step ${position} of ${rows.length}` : count;
    const say = lanes.querySelector(".say");
    say.hidden = position === 0;
    say.textContent = position ? rows[position - 1].dataset.say : "";
    lanes.querySelectorAll("[data-go]").forEach((button) => {
      const end = { first: 1, back: 0, on: rows.length, last: rows.length }[button.dataset.go];
      button.setAttribute("aria-disabled", String(position === end));
    });
  };

  const go = (lanes, where) => {
    const position = positions.get(lanes) || 0;
    const last = lanes.querySelectorAll("tr.step").length;
    goTo(lanes, { first: 1, back: position - 1, on: position + 1, last }[where]);
  };

  const isShown = (element) => {
    const box = element.getBoundingClientRect();
    return box.height > 0 && box.bottom > 0 && box.top < innerHeight;
  };

  // The run that keys without a focus are about: the latest one, or the first in sight.
  const lanesInSight = () => {
    if (latest && isShown(latest)) return latest;
    return [...document.querySelectorAll("details[open] .lanes")].find(isShown);
  };

  const KEYS = { ArrowLeft: "back", ArrowRight: "on", Home: "first", End: "last" };

  document.addEventListener("keydown", (event) => {
    if (event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
    const tab = event.target.closest("[role=tab]");
    if (tab) {
      moveTab(event, tab);
      return;
    }
    const where = KEYS[event.key];
    if (!where) return;
    const inside = event.target.closest(".lanes");
    const lanes = inside || (event.key.startsWith("Arrow") && !event.target.closest(".scroll") && lanesInSight());
    if (!lanes) return;
    event.preventDefault();
    go(lanes, where);
  });

  // Builds: one panel at a time. Made when its finding is opened, so that a page of a thousand findings opens at once.
  const makeTabs = (variants) => {
    if (!variants || variants.querySelector(".tabs")) return;
    const tabs = document.createElement("div");
    tabs.className = "tabs";
    tabs.setAttribute("role", "tablist");
    tabs.setAttribute("aria-label", "Builds");
    for (const panel of variants.querySelectorAll(":scope > .variant")) {
      const tab = document.createElement("button");
      tab.type = "button";
      tab.textContent = panel.dataset.label;
      tab.id = `${panel.id}-tab`;
      tab.setAttribute("role", "tab");
      tab.setAttribute("aria-controls", panel.id);
      panel.setAttribute("role", "tabpanel");
      panel.setAttribute("aria-labelledby", tab.id);
      tabs.append(tab);
    }
    variants.prepend(tabs);
    select(tabs.firstElementChild);
  };

  const select = (chosen) => {
    for (const tab of chosen.parentElement.children) {
      const here = tab === chosen;
      tab.setAttribute("aria-selected", String(here));
      tab.tabIndex = here ? 0 : -1;
      document.getElementById(tab.getAttribute("aria-controls")).hidden = !here;
    }
  };

  const moveTab = (event, tab) => {
    const tabs = [...tab.parentElement.children];
    const here = tabs.indexOf(tab);
    const there = { ArrowLeft: here - 1, ArrowRight: here + 1, Home: 0, End: tabs.length - 1 }[event.key];
    if (there === undefined) return;
    event.preventDefault();
    const chosen = tabs[(there + tabs.length) % tabs.length];
    select(chosen);
    chosen.focus();
  };

  const prepare = (details) => makeTabs(details.querySelector(":scope > .variants"));

  document.querySelectorAll("details.finding[open]").forEach(prepare);
  document.addEventListener("toggle", (event) => {
    if (event.target.open && event.target.matches("details.finding")) prepare(event.target);
  }, true);

  // Copying, also where a browser has no clipboard for a file from disk.
  const copy = async (text) => {
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      const area = document.createElement("textarea");
      area.value = text;
      document.body.append(area);
      area.select();
      document.execCommand("copy");
      area.remove();
    }
  };

  document.addEventListener("click", async (event) => {
    const button = event.target.closest("button");
    if (!button) return;
    if (button.dataset.go) {
      go(button.closest(".lanes"), button.dataset.go);
    } else if (button.getAttribute("role") === "tab") {
      select(button);
    } else if (button.classList.contains("copy")) {
      await copy(button.parentElement.querySelector("code").textContent);
      button.textContent = "Copied";
      setTimeout(() => { button.textContent = "Copy"; }, 1500);
    }
  });

  // A link into a closed part opens it.
  const openTarget = () => {
    const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (!target) return;
    for (let each = target; each; each = each.parentElement) {
      if (each.tagName === "DETAILS") {
        each.open = true;
        prepare(each);
      }
    }
    const tab = document.getElementById(`${target.id}-tab`);
    if (tab) select(tab);
    target.scrollIntoView();
  };
  addEventListener("hashchange", openTarget);
  if (location.hash) openTarget();

  // Paper shows what is closed on the screen.
  let closed = [];
  addEventListener("beforeprint", () => {
    closed = [...document.querySelectorAll("details:not([open])")];
    closed.forEach((details) => { details.open = true; });
  });
  addEventListener("afterprint", () => closed.forEach((details) => { details.open = false; }));
})();
