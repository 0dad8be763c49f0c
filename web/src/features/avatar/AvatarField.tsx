import { Button } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { Camera } from "lucide-react";
import { useRef } from "react";
import { useTranslation } from "react-i18next";
import { api, must } from "@/api/client";
import { meQuery } from "@/app/me";
import { queries } from "@/app/services";
import { Avatar } from "@/components/Avatar";
import { fileSize, fileTrouble } from "@/components/file";
import { problemText } from "@/components/problemText";
import { toast } from "@/components/toast";
import classes from "./AvatarField.module.css";

const maxBytes = 2 * 1024 * 1024;
const accept = "image/png,image/jpeg,image/gif,image/webp";

/** One's own picture: chosen, replaced, or taken away. The server makes it square and small. */
export function AvatarField({ name, src }: { name: string; src: string | null }) {
  const { t, i18n } = useTranslation();
  const input = useRef<HTMLInputElement>(null);
  const settle = {
    onError: (error: unknown) => toast(problemText(error, t), "denied"),
    onSuccess: () => {
      void queries.invalidateQueries({ queryKey: meQuery.queryKey });
      void queries.invalidateQueries({ queryKey: ["technicians"] });
    },
  };
  const upload = useMutation({
    mutationFn: (file: File) => must(api.PUT("/api/me/avatar", { body: file as never, bodySerializer: (body: unknown) => body as never, headers: { "Content-Type": file.type } })),
    ...settle,
  });
  const remove = useMutation({ mutationFn: () => must(api.DELETE("/api/me/avatar")), ...settle });
  const take = (file: File | undefined) => {
    const trouble = file && fileTrouble(file, accept, maxBytes);
    if (trouble) {
      toast(t(`file.${trouble}`, { size: fileSize(maxBytes, i18n.language), accept: "PNG, JPEG, GIF, WebP" }), "denied");
    } else if (file) {
      upload.mutate(file);
    }
  };
  return (
    <div className={classes.field}>
      <Avatar name={name} src={src} size={64} />
      <input
        ref={input}
        type="file"
        accept={accept}
        hidden
        onChange={(event) => {
          take(event.currentTarget.files?.[0]);
          event.currentTarget.value = "";
        }}
      />
      <Button variant="default" leftSection={<Camera size={15} />} loading={upload.isPending} onClick={() => input.current?.click()}>
        {src ? t("avatar.other") : t("avatar.choose")}
      </Button>
      {src && (
        <Button variant="subtle" color="gray" loading={remove.isPending} onClick={() => remove.mutate()}>
          {t("avatar.remove")}
        </Button>
      )}
    </div>
  );
}
