// Names the search for screen readers, and lets the keyboard scroll wide tables. The theme wraps tables after it has started.
document$.subscribe(() => {
  document.querySelector(".md-search")?.setAttribute("aria-label", "Search");
  const reach = () =>
    document.querySelectorAll(".md-typeset__scrollwrap").forEach((each) => each.setAttribute("tabindex", "0"));
  reach();
  new MutationObserver(reach).observe(document.querySelector(".md-content") ?? document.body, {
    childList: true,
    subtree: true,
  });
});
