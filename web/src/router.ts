// The pages, the right each needs, and which of them a person sees first. api/routes/pages.py serves the same names.
import { createRouter, createWebHistory, type RouteRecordRaw } from "vue-router";

import type { IconName } from "./parts/icons";
import { may, type Right } from "./session";

declare module "vue-router" {
  interface RouteMeta {
    right?: Right;
    icon?: IconName;
  }
}

export const pages: RouteRecordRaw[] = [
  { path: "/floor", name: "floor", component: () => import("./pages/floor/FloorPage.vue"), meta: { right: "see_floor", icon: "floor" } },
];

export const allowed = (): RouteRecordRaw[] => pages.filter((page) => !page.meta?.right || may(page.meta.right));

export const router = createRouter({
  history: createWebHistory(),
  routes: [
    ...pages,
    { path: "/:rest(.*)*", name: "home", component: { render: () => null } },
  ],
});

// What somebody may not see is not a page of theirs: they land on their first one.
router.beforeEach((to) => {
  const open = allowed();
  if (open.length === 0 || open.some((page) => page.name === to.name)) return true;
  return { name: open[0]!.name!, replace: true };
});
