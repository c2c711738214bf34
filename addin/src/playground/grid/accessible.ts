/**
 * Mends what IronCalc's markup lacks for screen readers: names of its editors, roles that stand without their
 * parent, a scrolled area that no key reaches. It is put right whenever IronCalc draws its parts anew.
 */

const EDITOR = "Formula or value";

function mend(root: HTMLElement): void {
  for (const editor of root.querySelectorAll("textarea:not([aria-label])"))
    editor.setAttribute("aria-label", EDITOR);
  for (const anchor of root.querySelectorAll("div[aria-haspopup]:not([role])")) {
    // The button inside says the same.
    anchor.removeAttribute("aria-haspopup");
    anchor.removeAttribute("aria-expanded");
  }
  for (const tab of root.querySelectorAll(".ic-sheet-tab[role]")) {
    // A tab may hold no button, and this one has its menu's; what is shown is still told.
    const isShown = tab.getAttribute("aria-selected") === "true";
    tab.removeAttribute("role");
    tab.removeAttribute("aria-selected");
    if (isShown) tab.setAttribute("aria-current", "page");
    else tab.removeAttribute("aria-current");
  }
  for (const scrolled of root.querySelectorAll<HTMLElement>(".ic-worksheet-wrapper:not([tabindex])")) {
    scrolled.tabIndex = 0;
    scrolled.setAttribute("role", "group");
    scrolled.setAttribute("aria-label", "Cells");
    // The keys belong to the workbook round it.
    scrolled.addEventListener("focus", () => focusGrid(root));
  }
}

/** Gives the keys to the grid. */
export function focusGrid(root: HTMLElement): void {
  root.querySelector<HTMLElement>(".ic-workbook-container")?.focus({ preventScroll: true });
}

/** Keeps a grid mended until the function that it gives is called. */
export function keepAccessible(root: HTMLElement): () => void {
  const observer = new MutationObserver(() => mend(root));
  observer.observe(root, {
    subtree: true,
    childList: true,
    attributeFilter: ["role", "aria-selected", "aria-expanded", "aria-haspopup"],
  });
  mend(root);
  return () => observer.disconnect();
}
