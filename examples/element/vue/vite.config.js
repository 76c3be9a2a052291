import vue from "@vitejs/plugin-vue";

export default {
  base: "./",
  // Vue has to be told which tags are the browser's to know.
  plugins: [vue({ template: { compilerOptions: { isCustomElement: (tag) => tag === "flexvar-editor" } } })],
};
