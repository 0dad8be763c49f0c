import { Select, Switch, TagsInput, TextInput } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { api, ifMatch, must } from "@/api/client";
import type { Pod } from "@/api/types";
import { FormDrawer } from "@/components/form/FormDrawer";

interface Props {
  opened: boolean;
  onClose: () => void;
  /** The one that is changed; absent for a new one. */
  pod?: Pod;
  onSaved: (pod: Pod) => void;
}

const kinds = ["connectwise", "autotask", "halopsa", "zendesk", "other"] as const;

/** Makes or changes a pod. */
export function PodForm({ opened, onClose, pod, onSaved }: Props) {
  const { t } = useTranslation();
  return (
    <FormDrawer
      opened={opened}
      onClose={onClose}
      title={pod ? t("pods.edit") : t("pods.new")}
      save={pod ? t("pods.save") : t("pods.create")}
      required={{ name: t("pods.name") }}
      initial={{ name: pod?.name ?? "", kind: (pod?.kind ?? "other") as string, origins: pod?.origins ?? ([] as string[]), signed_only: pod?.signed_only ?? false }}
      onSave={async (values, changed) => {
        const saved = pod
          ? await must(api.PATCH("/api/pods/{id}", { params: { path: { id: pod.id }, header: ifMatch(pod.version) }, body: changed as never }))
          : await must(api.POST("/api/pods", { body: values as never }));
        onSaved(saved);
      }}
    >
      {(form) => (
        <>
          <TextInput label={t("pods.name")} required maxLength={100} data-autofocus {...form.getInputProps("name")} />
          <Select
            label={t("pods.kind")}
            data={kinds.map((kind) => ({ value: kind, label: t(`pods.kinds.${kind}`) }))}
            allowDeselect={false}
            {...form.getInputProps("kind")}
          />
          <TagsInput
            label={t("pods.origins")}
            description={t("pods.originsHelp")}
            placeholder="https://na.myconnectwise.net"
            maxTags={10}
            acceptValueOnBlur
            splitChars={[",", " "]}
            {...form.getInputProps("origins")}
          />
          <Switch label={t("pods.signedOnly")} description={t("pods.signedOnlyHelp")} {...form.getInputProps("signed_only", { type: "checkbox" })} />
        </>
      )}
    </FormDrawer>
  );
}
