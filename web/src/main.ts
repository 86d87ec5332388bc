import "./styles/tokens.css";
import "./styles/base.css";

import { createApp } from "vue";

import App from "./App.vue";
import { keepHouse } from "./house";
import { router } from "./router";
import { look } from "./session";
import { dress } from "./theme";
import { i18n, language, speak } from "./words";
import { learnRefusals } from "./words/refusals";

dress();
speak(language.value);
keepHouse();
await look();
const app = createApp(App).use(i18n).use(router);
await router.isReady();
app.mount("#app");
void learnRefusals();
