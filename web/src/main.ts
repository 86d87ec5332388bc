import "./styles/tokens.css";
import "./styles/base.css";

import { createApp } from "vue";

import App from "./App.vue";
import { keepHouse } from "./house";
import { openLatePages } from "./late";
import { keepDesk } from "./pages/desk/own-desk";
import { router } from "./router";
import { look } from "./session";
import { dress } from "./theme";
import { i18n, language, speak } from "./words";
import { learnRefusals } from "./words/refusals";

dress();
speak(language.value);
keepHouse();
keepDesk();
await look();
const app = createApp(App).use(i18n).use(router);
openLatePages(router);
await router.isReady().catch(() => {}); // a late page: the frame stands, and says so
app.mount("#app");
void learnRefusals();
