import { Suspense } from "react";
import { useMe } from "@/app/me";
import { LendButton } from "@/features/approval";
import { Ask } from "./Ask";
import type { Subject } from "./data";
import { Grants } from "./Grants";
import { Overrides } from "./Overrides";
import { OwnPlatformRole } from "./OwnPlatformRole";

interface Props {
  subject: Subject;
  /** Whether rights can be given and taken here. */
  change: boolean;
  onAssign?: () => void;
  /** The platform role of a technician that the organization may have made its own of. */
  based?: string;
}

/** What a technician or a team was given, and what a technician may do by it. */
export function AccessParts({ subject, change, onAssign, based }: Props) {
  const own = useMe()?.technician.id === subject.id;
  return (
    <>
      {own && (
        <Suspense fallback={null}>
          <div>
            <LendButton />
          </div>
        </Suspense>
      )}
      {change && !own && based && <OwnPlatformRole technicianId={subject.id} based={based} />}
      <Grants subject={subject} change={change} />
      <Overrides subject={subject} change={change} />
      {subject.type === "technician" && <Ask technicianId={subject.id} onAssign={onAssign} />}
    </>
  );
}
