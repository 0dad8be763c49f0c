import { Stack } from "@mantine/core";
import { type QueryKey, useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { Card } from "@/components/Card";
import { ErrorState } from "@/components/ErrorState";
import { Loading } from "@/components/Loading";

interface Props<T> {
  title: string;
  queryKey: QueryKey;
  load: () => Promise<T>;
  children: (value: T) => ReactNode;
}

/** A page of settings: fetched first, then shown. */
export function SettingsCard<T>({ title, queryKey, load, children }: Props<T>) {
  const query = useQuery({ queryKey, queryFn: load });
  return (
    <Card title={title}>
      {query.isPending ? (
        <Loading rows={5} height={36} />
      ) : query.isError ? (
        <ErrorState error={query.error} retry={() => void query.refetch()} compact />
      ) : (
        <Stack>{children(query.data)}</Stack>
      )}
    </Card>
  );
}
