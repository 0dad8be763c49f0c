import { createRootRoute, createRoute, createRouter, lazyRouteComponent, Outlet, redirect } from "@tanstack/react-router";
import { onSignedOut } from "@/api/client";
import { ApiError } from "@/api/problem";
import { Loading } from "@/components/Loading";
import { listSearch } from "@/components/list/useListState";
import { speaking } from "@/i18n/parts";
import { meQuery } from "./me";
import { registerRouter } from "./navigate";
import { NotFound, PageError } from "./PageError";
import { live, queries } from "./services";

const root = createRootRoute({ component: Outlet, notFoundComponent: NotFound, errorComponent: PageError });

const signIn = createRoute({
  getParentRoute: () => root,
  path: "/sign-in",
  validateSearch: (search: Record<string, unknown>): { next?: string } => (typeof search.next === "string" ? { next: search.next } : {}),
  component: lazyRouteComponent(() => import("@/features/signin/SignInPage"), "SignInPage"),
});
const setup = createRoute({
  getParentRoute: () => root,
  path: "/setup",
  component: lazyRouteComponent(() => import("@/features/setup/SetupPage"), "SetupPage"),
});
const newPassword = createRoute({
  getParentRoute: () => root,
  path: "/new-password",
  component: lazyRouteComponent(() => import("@/features/signin/NewPasswordPage"), "NewPasswordPage"),
});
const join = createRoute({
  getParentRoute: () => root,
  path: "/join",
  component: lazyRouteComponent(() => import("@/features/invitation/JoinPage"), "JoinPage"),
});
const forgot = createRoute({
  getParentRoute: () => root,
  path: "/forgot",
  component: lazyRouteComponent(() => import("@/features/recovery/ForgotPage"), "ForgotPage"),
});
const reset = createRoute({
  getParentRoute: () => root,
  path: "/reset",
  component: lazyRouteComponent(() => import("@/features/recovery/ResetPage"), "ResetPage"),
});
const enrol = createRoute({
  getParentRoute: () => root,
  path: "/enrol",
  component: lazyRouteComponent(() => import("@/features/signin/EnrolPage"), "EnrolPage"),
});

/** Everything behind the sign-in. */
const shell = createRoute({
  getParentRoute: () => root,
  id: "shell",
  component: lazyRouteComponent(() => import("./shell/Shell"), "Shell"),
  errorComponent: PageError,
  pendingComponent: Loading,
  beforeLoad: async ({ location }) => {
    try {
      const me = await queries.ensureQueryData(meQuery);
      if (me.password_change_required) {
        throw redirect({ to: "/new-password" });
      }
      if (me.hold === "enrolment") {
        throw redirect({ to: "/enrol" });
      }
    } catch (error) {
      if (error instanceof ApiError && error.status === 401) {
        throw redirect({ to: "/sign-in", search: location.href === "/" ? {} : { next: location.href } });
      }
      throw error;
    }
  },
});

const within = { getParentRoute: () => shell };
const list = { ...within, validateSearch: listSearch };

const rolesPage = speaking("rights", speaking("use", () => import("@/features/access/RolesPage")));

const pages = [
  createRoute({ ...within, path: "/", component: lazyRouteComponent(() => import("@/features/desk/DeskPage"), "DeskPage") }),
  createRoute({ ...within, path: "/verify", component: lazyRouteComponent(() => import("@/features/verify/VerifyPage"), "VerifyPage") }),
  createRoute({ ...list, path: "/tickets", component: lazyRouteComponent(() => import("@/features/ticket/TicketsPage"), "TicketsPage") }),
  createRoute({ ...within, path: "/tickets/templates", component: lazyRouteComponent(() => import("@/features/ticket/TemplatesPage"), "TemplatesPage") }),
  createRoute({ ...list, path: "/tickets/$id", component: lazyRouteComponent(() => import("@/features/ticket/TicketPage"), "TicketPage") }),
  createRoute({ ...list, path: "/messages", component: lazyRouteComponent(speaking("outbox", () => import("@/features/outbox/OutboxPage")), "OutboxPage") }),
  createRoute({ ...list, path: "/technicians", component: lazyRouteComponent(() => import("@/features/technician/TechniciansPage"), "TechniciansPage") }),
  createRoute({ ...list, path: "/technicians/$id", component: lazyRouteComponent(() => import("@/features/technician/TechnicianPage"), "TechnicianPage") }),
  createRoute({ ...list, path: "/teams", component: lazyRouteComponent(() => import("@/features/team/TeamsPage"), "TeamsPage") }),
  createRoute({ ...list, path: "/teams/$id", component: lazyRouteComponent(() => import("@/features/team/TeamPage"), "TeamPage") }),
  createRoute({ ...list, path: "/customers", component: lazyRouteComponent(() => import("@/features/customer/CustomersPage"), "CustomersPage") }),
  createRoute({ ...list, path: "/customers/$id", component: lazyRouteComponent(() => import("@/features/customer/CustomerPage"), "CustomerPage") }),
  createRoute({ ...list, path: "/contacts", component: lazyRouteComponent(() => import("@/features/contact/ContactsPage"), "ContactsPage") }),
  createRoute({ ...list, path: "/contacts/duplicates", component: lazyRouteComponent(() => import("@/features/contact/DuplicatesPage"), "DuplicatesPage") }),
  createRoute({ ...list, path: "/contacts/deleted", component: lazyRouteComponent(() => import("@/features/contact/DeletedPage"), "DeletedPage") }),
  createRoute({ ...list, path: "/contacts/$id", component: lazyRouteComponent(() => import("@/features/contact/ContactPage"), "ContactPage") }),
  createRoute({ ...list, path: "/devices", component: lazyRouteComponent(() => import("@/features/device/DevicesPage"), "DevicesPage") }),
  createRoute({ ...list, path: "/devices/$id", component: lazyRouteComponent(() => import("@/features/device/DevicePage"), "DevicePage") }),
  createRoute({ ...list, path: "/roles", component: lazyRouteComponent(rolesPage, "RolesPage") }),
  createRoute({ ...list, path: "/roles/unused", component: lazyRouteComponent(speaking("rights", speaking("use", () => import("@/features/access/UnusedPage"))), "UnusedPage") }),
  createRoute({ ...list, path: "/roles/$id", component: lazyRouteComponent(rolesPage, "RolesPage") }),
  createRoute({ ...list, path: "/access-graph", component: lazyRouteComponent(speaking("rights", speaking("graph", () => import("@/features/access/GraphPage"))), "GraphPage") }),
  createRoute({ ...list, path: "/decisions", component: lazyRouteComponent(speaking("rights", speaking("answered", () => import("@/features/access/ToldPage"))), "ToldPage") }),
  createRoute({ ...list, path: "/my-access", component: lazyRouteComponent(speaking("rights", () => import("@/features/access/OwnAccessPage")), "OwnAccessPage") }),
  createRoute({ ...list, path: "/approvals", component: lazyRouteComponent(speaking("approval", () => import("@/features/approval/ApprovalsPage")), "ApprovalsPage") }),
  createRoute({ ...list, path: "/approvals/$id", component: lazyRouteComponent(speaking("approval", () => import("@/features/approval/ApprovalPage")), "ApprovalPage") }),
  createRoute({ ...list, path: "/reviews", component: lazyRouteComponent(speaking("review", () => import("@/features/review/ReviewsPage")), "ReviewsPage") }),
  createRoute({ ...list, path: "/reviews/$id", component: lazyRouteComponent(speaking("review", () => import("@/features/review/ReviewPage")), "ReviewPage") }),
  createRoute({ ...list, path: "/import", component: lazyRouteComponent(() => import("@/features/import/ImportsPage"), "ImportsPage") }),
  createRoute({ ...within, path: "/import/$kind", component: lazyRouteComponent(() => import("@/features/import/UploadPage"), "UploadPage") }),
  createRoute({ ...list, path: "/import/$kind/$id", component: lazyRouteComponent(() => import("@/features/import/ImportPage"), "ImportPage") }),
  createRoute({ ...list, path: "/tasks", component: lazyRouteComponent(() => import("@/features/task/TasksPage"), "TasksPage") }),
  createRoute({ ...list, path: "/tasks/$id", component: lazyRouteComponent(() => import("@/features/task/TaskPage"), "TaskPage") }),
  createRoute({ ...within, path: "/sandbox", component: lazyRouteComponent(() => import("@/features/sandbox/SandboxPage"), "SandboxPage") }),
  createRoute({ ...within, path: "/documents", component: lazyRouteComponent(() => import("@/features/document/DocumentsPage"), "DocumentsPage") }),
  createRoute({ ...list, path: "/audit", component: lazyRouteComponent(() => import("@/features/auditlog/AuditPage"), "AuditPage") }),
  createRoute({ ...list, path: "/reports", component: lazyRouteComponent(() => import("@/features/compliance/ReportsPage"), "ReportsPage") }),
  createRoute({ ...list, path: "/welcome", component: lazyRouteComponent(() => import("@/features/setup/WelcomePage"), "WelcomePage") }),
  createRoute({ ...within, path: "/help/$guide", component: lazyRouteComponent(() => import("@/features/help/HelpPage"), "HelpPage") }),
  createRoute({ ...within, path: "/settings", component: lazyRouteComponent(() => import("@/features/settings/SettingsPage"), "SettingsPage") }),
  createRoute({ ...within, path: "/settings/$tab", component: lazyRouteComponent(() => import("@/features/settings/SettingsPage"), "SettingsPage") }),
];

/** The pages and their addresses. */
export const router = createRouter({
  routeTree: root.addChildren([signIn, setup, newPassword, enrol, join, forgot, reset, shell.addChildren(pages)]),
  defaultPreload: "intent",
  scrollRestoration: true,
  defaultPendingMs: 300,
});

registerRouter(router);

onSignedOut(() => {
  live.stop();
  queries.removeQueries();
  const { pathname, href } = router.state.location;
  if (!["/sign-in", "/setup", "/join", "/forgot", "/reset"].includes(pathname)) {
    void router.navigate({ to: "/sign-in", search: href === "/" ? {} : { next: href } } as never);
  }
});
