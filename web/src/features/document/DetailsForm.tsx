import { Checkbox, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { api, ifMatch, must } from "@/api/client";
import { queries } from "@/app/services";
import { FormDrawer } from "@/components/form/FormDrawer";
import { toast } from "@/components/toast";
import type { Summary } from "./data";

/** What the documents say of the organization, and which of them everybody may read. */
export function DetailsForm({ documents, onClose }: { documents: readonly Summary[]; onClose: () => void }) {
  const { t } = useTranslation();
  const found = useQuery({ queryKey: ["documents", "settings"], queryFn: () => must(api.GET("/api/settings/documents")), gcTime: 0 });
  const now = found.data;
  if (!now) {
    return null;
  }
  const { phone, website, verification_number, verification_email, published } = now;
  return (
    <FormDrawer
      opened
      onClose={onClose}
      title={t("docs.details")}
      initial={{ phone, website, verification_number, verification_email, published: published as string[] }}
      onSave={async (_, changed) => {
        await must(api.PATCH("/api/settings/documents", { body: changed as never, params: { header: ifMatch(now.version) } }));
        void queries.invalidateQueries({ queryKey: ["documents"] });
        toast(t("settings.saved"));
      }}
    >
      {(form) => (
        <>
          <TextInput label={t("docs.phone")} description={t("docs.phoneHelp")} data-autofocus {...form.getInputProps("phone")} />
          <TextInput label={t("docs.number")} description={t("docs.numberHelp")} {...form.getInputProps("verification_number")} />
          <TextInput label={t("docs.email")} {...form.getInputProps("verification_email")} />
          <TextInput label={t("docs.website")} {...form.getInputProps("website")} />
          <Checkbox.Group label={t("docs.publish")} description={t("docs.publishHelp")} {...form.getInputProps("published")}>
            {documents.map((x) => (
              <Checkbox key={x.key} mt={10} value={x.key} label={x.title} />
            ))}
          </Checkbox.Group>
        </>
      )}
    </FormDrawer>
  );
}
