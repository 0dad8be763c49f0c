import { Button } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { api, must } from "@/api/client";
import { Callout } from "@/components/Callout";
import { problemText } from "@/components/problemText";
import { enter } from "@/features/signin/enter";
import classes from "./Setup.module.css";

/** For those who only want to look around: people, tickets and a history that are all made up. */
export function DemoOffer({ token }: { token: string }) {
  const { t } = useTranslation();
  const load = useMutation({
    mutationFn: () => must(api.POST("/api/setup/demo", { body: { token } })),
    onSuccess: (answer) => enter(answer),
  });
  return (
    <section className={classes.demo} aria-label={t("setup.demo")}>
      <p>{t("setup.demoText")}</p>
      {load.isError && <Callout tone="denied">{problemText(load.error, t)}</Callout>}
      <Button variant="default" fullWidth loading={load.isPending} onClick={() => load.mutate()}>
        {t("setup.demo")}
      </Button>
    </section>
  );
}
