// The pages, the right each needs, and which of them a person sees first. api/routes/pages.py serves the same names.
import { createRouter, createWebHistory, type RouteRecordRaw } from "vue-router";

import type { IconName } from "./parts/icons";
import { may, TOKEN, type Right } from "./session";

declare module "vue-router" {
  interface RouteMeta {
    right?: Right;
    bare?: boolean; // without the frame
    open?: boolean; // without signing in; not in the list of pages
    icon?: IconName;
    page?: string; // of which page it is a part
  }
}

const made = {
  house: () => import("./pages/admin/HouseText.vue"),
  forms: () => import("./pages/admin/FormsPart.vue"),
  seats: () => import("./pages/admin/SeatsPart.vue"),
  customers: () => import("./pages/admin/CustomersPart.vue"),
  prompts: () => import("./pages/admin/PromptsPart.vue"),
  flows: () => import("./pages/admin/FlowsPart.vue"),
  roster: () => import("./pages/admin/RosterPart.vue"),
  state: () => import("./pages/admin/StatePart.vue"),
  audit: () => import("./pages/admin/AuditPart.vue"),
};
export const parts = Object.keys(made);

export const pages: RouteRecordRaw[] = [
  { path: "/desk", name: "desk", component: () => import("./pages/desk/DeskPage.vue"), meta: { right: "serve", icon: "talking" } },
  { path: "/floor", name: "floor", component: () => import("./pages/floor/FloorPage.vue"), meta: { right: "see_floor", icon: "floor" } },
  { path: "/work", name: "work", component: () => import("./pages/work/WorkPage.vue"), meta: { right: "serve", icon: "work" } },
  { path: "/recordings", name: "recordings", component: () => import("./pages/recordings/RecordingsPage.vue"), meta: { right: "hear_recordings", icon: "recordings" } },
  { path: "/figures", name: "figures", component: () => import("./pages/figures/FiguresPage.vue"), meta: { right: "see_calls", icon: "figures" } },
  { path: "/staffing", name: "staffing", component: () => import("./pages/staffing/StaffingPage.vue"), meta: { right: "see_calls", icon: "staffing" } },
  { path: "/users", name: "users", component: () => import("./pages/users/UsersPage.vue"), meta: { right: "manage_people", icon: "consulting" } },
  {
    path: "/admin", name: "admin", component: () => import("./pages/admin/AdminPage.vue"), meta: { right: "edit_house", icon: "admin" },
    redirect: "/admin/house",
    children: Object.entries(made).map(([part, component]) => ({ path: part, name: `admin-${part}`, component, meta: { page: "admin" } })),
  },
  { path: "/wall", name: "wall", component: () => import("./pages/wall/WallPage.vue"), meta: { right: "see_wall", icon: "wall", bare: true } },
];

export const allowed = (): RouteRecordRaw[] => pages.filter((page) => !page.meta?.right || may(page.meta.right));

const visitors: RouteRecordRaw = { path: "/demo", name: "demo", component: () => import("./pages/demo/DemoPage.vue"), meta: { open: true } };

const account: RouteRecordRaw = { path: "/account", name: "account", component: () => import("./pages/account/AccountPage.vue") };

// Parts of the figures' page: the funnel, and what a figure opens.
const behind: RouteRecordRaw[] = [
  { path: "/funnel", name: "funnel", component: () => import("./pages/figures/FunnelPage.vue"), meta: { page: "figures" } },
  { path: "/calls", name: "calls", component: () => import("./pages/calls/CallsPage.vue"), meta: { page: "figures" } },
  { path: "/calls/:call", name: "call", component: () => import("./pages/calls/CallPage.vue"), meta: { page: "figures" } },
];

export const router = createRouter({
  history: createWebHistory(),
  routes: [
    ...pages,
    visitors,
    account,
    ...behind,
    { path: "/:rest(.*)*", name: "home", component: { render: () => null } },
  ],
});

// What somebody may not see is not a page of theirs. Agents land at their desk, everybody else on the floor.
router.beforeEach((to) => {
  if (to.hash.startsWith(TOKEN)) return { path: to.path, replace: true };
  const open = allowed();
  if (to.meta.open || to.name === account.name || open.length === 0 || open.some((page) => page.name === (to.meta.page ?? to.name))) return true;
  const first = may("lead") ? open.find((page) => page.name === "floor") : open[0];
  return { name: first?.name ?? open[0]!.name!, replace: true };
});
