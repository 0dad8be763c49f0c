import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import type { Technician } from "@/api/types";
import { useCan } from "@/app/me";
import { Card } from "@/components/Card";
import { Facts } from "@/components/Detail";
import { RelativeTime } from "@/components/RelativeTime";
import { allCustomersQuery, type Role } from "./data";

/** What is known of a technician. */
export function TechnicianFacts({ technician }: { technician: Technician }) {
  const { t } = useTranslation();
  const can = useCan();
  const customers = useQuery({ ...allCustomersQuery, enabled: technician.customer_ids.length > 0 && can("customer.view") });
  const assigned = (customers.data ?? []).filter((c) => technician.customer_ids.includes(c.id));
  return (
    <Card title={t("contact.facts")}>
      <Facts
        items={[
          [t("technician.role"), technician.owner ? t("role.owner") : t(`role.${technician.platform_role as Role}`, { defaultValue: technician.platform_role })],
          [t("technician.phone"), technician.phone || "–"],
          [
            t("technician.customers"),
            technician.platform_role === "administrator"
              ? t("technician.allCustomers")
              : assigned.length > 0
                ? assigned.map((c) => (
                    <div key={c.id}>
                      <Link to="/customers/$id" params={{ id: c.id }}>
                        {c.name}
                      </Link>
                    </div>
                  ))
                : "–",
          ],
          [t("technician.lastActive"), <RelativeTime key="active" at={technician.last_active_at} />],
          [t("technician.since"), <RelativeTime key="since" at={technician.created_at} />],
        ]}
      />
    </Card>
  );
}
