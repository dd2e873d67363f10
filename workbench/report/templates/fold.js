// Folded parts work without this: it opens them where a link leads into one, and on paper, where nobody can.
const reveal = () => {
  const target = location.hash && document.getElementById(location.hash.slice(1));
  for (let part = target; part; part = part.parentElement) if (part.tagName === "DETAILS") part.open = true;
  if (target) target.scrollIntoView();
};
addEventListener("hashchange", reveal);
reveal();
addEventListener("beforeprint", () => {
  // Whole runs and long tables stay as they are: all of them would be a book.
  for (const part of document.querySelectorAll("details:not([open])")) {
    if (part.closest("#each-run")) continue;
    const many = part.querySelectorAll("tr").length > 80 || part.querySelectorAll("figure").length > 4;
    // Charts are not printed, the figures in their place are.
    if (many && !part.closest("#over-time")) continue;
    part.open = true;
    part.dataset.printed = "";
  }
});
addEventListener("afterprint", () => {
  for (const part of document.querySelectorAll("details[data-printed]")) {
    part.open = false;
    delete part.dataset.printed;
  }
});
