import { createApp } from "vue";
import App from "./App.vue";
import "../html/page.css";

createApp(App).mount("#root");
