// The first script of the page: when the application's own files cannot be fetched, the page is opened anew as soon as the
// server answers. It stands alone, since it has to run where nothing else did. What fails later is for late.ts.
(() => {
  const TRIED = "thirdring.late"; // how often in a row; forgotten when a page has come
  const LONGEST_MS = 8000;
  let isWaiting = false;
  // What the document says meanwhile is not waited for again with each try.
  const announce = () => document.documentElement.classList.add("late");
  if (sessionStorage.getItem(TRIED)) announce();

  async function openAnew() {
    isWaiting = true;
    announce();
    for (let tried = Number(sessionStorage.getItem(TRIED) ?? 0); ; tried++) {
      sessionStorage.setItem(TRIED, String(tried + 1));
      await new Promise((over) => setTimeout(over, Math.min(500 * 2 ** tried, LONGEST_MS)));
      const answer = await fetch(location.pathname, { method: "HEAD", cache: "no-store" }).catch(() => null);
      if (answer?.ok) return location.reload();
    }
  }

  const missed = ({ target }) => void (target !== window && !isWaiting && openAnew());
  addEventListener("error", missed, true);
  addEventListener("DOMContentLoaded", () => removeEventListener("error", missed, true));
})();
