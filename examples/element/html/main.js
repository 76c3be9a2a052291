/** What a page does with the element: it shows how it stands, and takes the picture. */
const editor = document.querySelector("flexvar-editor");
const state = document.querySelector("#state");
const result = document.querySelector("#result");

editor.addEventListener("ready", () => {
  state.textContent = "Brush over what is to change.";
});
editor.addEventListener("change", ({ detail: { width, height } }) => {
  state.textContent = `The picture has ${width} by ${height} pixels.`;
});
editor.addEventListener("error", ({ detail: { error } }) => {
  state.textContent = error.message;
});
editor.addEventListener("export", (event) => {
  // Here it would be sent to the page's own server; without this line the file is downloaded.
  event.preventDefault();
  result.src = URL.createObjectURL(event.detail.blob);
  result.hidden = false;
});
