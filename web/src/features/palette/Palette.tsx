import "@mantine/spotlight/styles.layer.css";
import { Loader, VisuallyHidden } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { createSpotlight, Spotlight } from "@mantine/spotlight";
import { Search } from "lucide-react";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { goTo } from "@/app/navigate";
import { onPalette } from "@/app/shell/palette";
import { type Command, matching, toVerify } from "./commands";
import classes from "./Palette.module.css";
import { usePlaces } from "./places";
import { useFound } from "./useFound";

const [store, palette] = createSpotlight();

/** Goes anywhere and finds anything, from any page. It is loaded when it is first asked for, and opens at once then. */
export function Palette() {
  const { t } = useTranslation();
  const [text, setText] = useState("");
  useEffect(() => {
    palette.open();
    return onPalette(palette.toggle);
  }, []);
  return (
    <Spotlight.Root
      store={store}
      shortcut={null}
      query={text}
      onQueryChange={setText}
      scrollable
      maxHeight="min(60dvh, 520px)"
      overlayProps={{ backgroundOpacity: 0.35, blur: 0 }}
      classNames={{ content: classes.content, action: classes.action, actionsGroup: classes.group }}
      returnFocus
    >
      <Spotlight.Search placeholder={t("palette.placeholder")} aria-label={t("palette.title")} leftSection={<Search size={18} aria-hidden="true" />} maxLength={200} />
      <Results text={text} />
      <Spotlight.Footer className={classes.footer}>{t("palette.hint")}</Spotlight.Footer>
    </Spotlight.Root>
  );
}

function markFirst() {
  const state = store.getState();
  const list = state.listId ? document.getElementById(state.listId) : null;
  list?.querySelector("[data-selected]")?.removeAttribute("data-selected");
  list?.querySelector("[data-action]")?.setAttribute("data-selected", "true");
  store.setState({ ...state, selected: 0 });
}

function Results({ text }: { text: string }) {
  const { t } = useTranslation();
  const [typed] = useDebouncedValue(text, 120);
  const verifying = toVerify(typed, [t("palette.verifyWord"), "verify"]);
  const places = usePlaces();
  const found = useFound(typed, verifying);
  const isEmpty = text.trim() === "";
  const go = verifying === null ? text : "\0";
  const groups: [string, Command[]][] = isEmpty
    ? [
        [t("palette.recent"), places.recent],
        [t("palette.goTo"), places.sections],
        [t("palette.create"), places.create],
      ]
    : [
        [t("palette.verify"), found.verify],
        [t("palette.people"), found.people],
        [t("nav.tickets"), found.tickets],
        [t("palette.others"), found.others],
        [t("palette.goTo"), matching([...places.sections, ...places.settings], go)],
        [t("palette.create"), matching(places.create, go)],
      ];
  const shown = groups.filter(([, commands]) => commands.length > 0);
  // Enter opens the first one, so it is marked from the start.
  const ids = shown.flatMap(([, commands]) => commands.map((c) => c.id)).join(" ");
  useEffect(() => {
    const timer = setTimeout(() => ids && markFirst());
    return () => clearTimeout(timer);
  }, [ids]);
  return (
    <Spotlight.ActionsList>
      <VisuallyHidden role="status">{isEmpty || found.busy ? "" : t("list.shown", { count: shown.reduce((sum, [, commands]) => sum + commands.length, 0) })}</VisuallyHidden>
      {shown.map(([label, commands]) => (
        <Spotlight.ActionsGroup key={label} label={label}>
          {commands.map((command) => (
            <Spotlight.Action key={command.id} onClick={() => goTo(command.to)}>
              <command.icon size={16} aria-hidden="true" className={classes.icon} />
              <span className={classes.label}>{command.label}</span>
              {command.detail && <span className={classes.detail}>{command.detail}</span>}
            </Spotlight.Action>
          ))}
        </Spotlight.ActionsGroup>
      ))}
      {shown.length === 0 && <Spotlight.Empty>{found.busy || typed !== text ? <Loader size={18} aria-label={t("loading")} /> : t("list.none")}</Spotlight.Empty>}
    </Spotlight.ActionsList>
  );
}
