// Puts the command together that compares the runs which were chosen, in the order of their choice.
const compare = document.getElementById("compare");
const quoted = (text) => (/^[\w./@=+:,-]+$/.test(text) ? text : "'" + text.replaceAll("'", "'\\''") + "'");
let chosen = [];
const showCommand = () => {
  compare.hidden = !chosen.length;
  const isEnough = chosen.length > 1;
  compare.querySelector("p").textContent = isEnough
    ? "This compares " + chosen.length + " runs; the first one is the baseline."
    : "One run is chosen. Choose another to compare it with.";
  const command = [compare.dataset.command, ...chosen.map((box) => quoted(box.dataset.run))].join(" ");
  compare.querySelector("pre").textContent = isEnough ? command : "";
  compare.querySelector("pre").hidden = !isEnough;
  compare.querySelector("button").hidden = !isEnough;
  compare.querySelector("button").textContent = "Copy the command";
};
for (const box of document.querySelectorAll(".choice")) {
  box.hidden = false;
  box.checked = false;
  box.addEventListener("change", () => {
    chosen = chosen.filter((other) => other !== box);
    if (box.checked) chosen.push(box);
    showCommand();
  });
}
compare.querySelector("button").addEventListener("click", async (event) => {
  const button = event.currentTarget;
  const command = compare.querySelector("pre");
  try {
    await navigator.clipboard.writeText(command.textContent);
    button.textContent = "Copied";
  } catch {
    // Browsers may not let a page write to the clipboard: the command is selected for the reader to copy.
    getSelection().selectAllChildren(command);
    button.textContent = "Selected: copy it with the keyboard";
  }
});
