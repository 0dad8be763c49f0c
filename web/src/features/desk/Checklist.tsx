import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Circle, CircleCheck } from "lucide-react";
import { useTranslation } from "react-i18next";
import { api, must } from "@/api/client";
import { useCan, useMe } from "@/app/me";
import { usePreference } from "@/app/preference";
import { Card } from "@/components/Card";
import classes from "./DeskPage.module.css";

/** The first day: what to do next, ticked off by what is there. It goes away when all is done, or when put away. */
export function Checklist() {
  const { t } = useTranslation();
  const me = useMe();
  const can = useCan();
  const [shown, setShown] = usePreference("cs-checklist", "shown");
  const wanted = shown === "shown" && can("admin.customers") && can("contact.view");
  const some = { params: { query: { limit: 1 } } };
  const customers = useQuery({ queryKey: ["customers", some], queryFn: () => must(api.GET("/api/customers", some)), enabled: wanted });
  const contacts = useQuery({ queryKey: ["contacts", some], queryFn: () => must(api.GET("/api/contacts", some)), enabled: wanted });
  const runs = useQuery({ queryKey: ["verifications", some], queryFn: () => must(api.GET("/api/verifications", some)), enabled: wanted });
  const staff = useQuery({ queryKey: ["technicians", some, 2], queryFn: () => must(api.GET("/api/technicians", { params: { query: { limit: 2 } } })), enabled: wanted && can("admin.technicians") });
  if (!wanted || !customers.data || !contacts.data || !runs.data) {
    return null;
  }
  const steps = [
    { key: "customer", to: "/customers", done: customers.data.items.length > 0 },
    { key: "contact", to: "/contacts", done: contacts.data.items.length > 0 },
    { key: "technician", to: "/technicians", done: (staff.data?.items.length ?? 0) > 1 },
    { key: "verify", to: me?.organization.sandbox ? "/sandbox" : "/verify", done: runs.data.items.length > 0 },
  ] as const;
  if (steps.every((step) => step.done)) {
    return null;
  }
  return (
    <div className={classes.checklist}>
      <Card
        title={t("checklist.title")}
        actions={
          <Button variant="subtle" color="gray" size="compact-sm" onClick={() => setShown("hidden")}>
            {t("checklist.hide")}
          </Button>
        }
      >
        <ol className={classes.steps}>
          {steps.map((step) => (
            <li key={step.key} data-done={step.done || undefined}>
              {step.done ? <CircleCheck size={20} aria-label={t("checklist.done")} /> : <Circle size={20} aria-label={t("checklist.open")} />}
              <Link to={step.to}>{t(`checklist.${step.key}.title`)}</Link>
              <p>{t(`checklist.${step.key}.text`)}</p>
            </li>
          ))}
        </ol>
      </Card>
    </div>
  );
}
