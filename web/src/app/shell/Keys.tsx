import { Kbd } from "@mantine/core";
import { useNavigate } from "@tanstack/react-router";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { isTyping } from "@/app/keys";
import { useCan, useMe } from "@/app/me";
import { visibleGroups } from "@/app/sections";
import { Dialog } from "@/components/Dialog";
import classes from "./Keys.module.css";

const opener = new EventTarget();

/** Opens the table of keys. */
export function showKeys(): void {
  opener.dispatchEvent(new Event("show"));
}

/** The keys that work everywhere, and the table that `?` shows. */
export function Keys() {
  const { t } = useTranslation();
  const [open, setOpen] = useState(false);
  const navigate = useNavigate();
  const sections = visibleGroups(useMe(), useCan()).flatMap((group) => group.sections);
  const places = sections.map((s) => `${s.letter}${s.to}`).join(" ");

  useEffect(() => {
    const show = () => setOpen(true);
    opener.addEventListener("show", show);
    return () => opener.removeEventListener("show", show);
  }, []);

  useEffect(() => {
    let going = 0;
    const onKey = (event: KeyboardEvent) => {
      if (isTyping(event) || event.ctrlKey || event.metaKey || event.altKey) {
        return;
      }
      const place = places.split(" ").find((p) => p.startsWith(event.key) && event.key !== "/");
      if (Date.now() - going < 1200 && place) {
        going = 0;
        event.preventDefault();
        void navigate({ href: place.slice(1) });
      } else if (event.key === "g") {
        going = Date.now();
      } else if (event.key === "/" || event.key === "v") {
        const goal = document.querySelector<HTMLElement>(event.key === "/" ? "main [data-search], [data-search]" : "main [data-verify]");
        if (goal) {
          event.preventDefault();
          goal.focus();
        }
      } else if (event.key === "?") {
        event.preventDefault();
        setOpen(true);
      }
    };
    document.addEventListener("keydown", onKey);
    return () => document.removeEventListener("keydown", onKey);
  }, [places, navigate]);

  return (
    <Dialog opened={open} onClose={() => setOpen(false)} title={t("keys.title")}>
      <dl className={classes.keys}>
        <Row keys={["Ctrl", "K"]} text={t("keys.palette")} />
        <Row keys={["/"]} text={t("keys.search")} />
        <Row keys={["v"]} text={t("keys.verify")} />
        <Row keys={["j"]} text={t("keys.next")} />
        <Row keys={["k"]} text={t("keys.previous")} />
        <Row keys={["Enter"]} text={t("keys.open")} />
        <Row keys={["x"]} text={t("keys.select")} />
        <Row keys={["Ctrl", "Enter"]} text={t("keys.save")} />
        <Row keys={["Esc"]} text={t("keys.close")} />
        <Row keys={["?"]} text={t("keys.show")} />
        {sections.map((s) => (
          <Row key={s.key} keys={["g", s.letter]} text={t("keys.goTo", { place: t(`nav.${s.key}`) })} />
        ))}
      </dl>
    </Dialog>
  );
}

function Row({ keys, text }: { keys: string[]; text: string }) {
  return (
    <div>
      <dt>{text}</dt>
      <dd>
        {keys.map((key) => (
          <Kbd key={key}>{key}</Kbd>
        ))}
      </dd>
    </div>
  );
}
