import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import type { Customer } from "@/api/types";
import { useCan } from "@/app/me";
import { Card } from "@/components/Card";
import { CopyButton } from "@/components/CopyButton";
import { Facts } from "@/components/Detail";
import { RelativeTime } from "@/components/RelativeTime";
import { IdentityProvider } from "./IdentityProvider";
import classes from "./Customer.module.css";

/** A customer at a glance: how many people and tickets, how to reach them, what to know. */
export function OverviewTab({ customer }: { customer: Customer }) {
  const { t } = useTranslation();
  const can = useCan();
  const to = (tab: string) => ({ to: "/customers/$id", params: { id: customer.id }, search: { tab } }) as const;
  return (
    <>
      <div className={classes.figures}>
        <Link {...to("contacts")}>
          <strong>{customer.contact_count}</strong>
          <span>{t("nav.contacts")}</span>
        </Link>
        <Link {...to("tickets")}>
          <strong>{customer.open_ticket_count}</strong>
          <span>{t("customer.openTickets")}</span>
        </Link>
      </div>
      <Card title={t("contact.facts")}>
        <Facts
          wide
          items={[
            [t("customer.domains"), customer.domains.join(", ") || "–"],
            [
              t("customer.phone"),
              customer.phone ? (
                <span key="phone">
                  {customer.phone} <CopyButton value={customer.phone} />
                </span>
              ) : (
                "–"
              ),
            ],
            [t("customer.website"), <Website key="website" address={customer.website} />],
            [
              t("customer.address"),
              customer.address ? (
                <p key="address" className={classes.text}>
                  {customer.address}
                </p>
              ) : (
                "–"
              ),
            ],
            [t("customer.since"), <RelativeTime key="since" at={customer.created_at} />],
            [t("customer.changed"), <RelativeTime key="changed" at={customer.updated_at} />],
          ]}
        />
      </Card>
      {can("admin.settings") && <IdentityProvider id={customer.id} />}
    </>
  );
}

/** Leads out only to addresses of the web. */
function Website({ address }: { address: string }) {
  if (!/^https?:\/\//i.test(address)) {
    return address || "–";
  }
  return (
    <a href={address} target="_blank" rel="noreferrer noopener">
      {address}
    </a>
  );
}
