import { Anchor, Button } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { Place } from "@/api/types";
import { useCan } from "@/app/me";
import { Sheet } from "@/components/Sheet";
import { Explanation } from "./Explanation";
import { canFocus, type Graph, type GraphEdge, type GraphNode, type GraphRule, nodeHref } from "./graph";
import type { Names } from "./GraphDrawing";
import type { Chosen } from "./GraphPage";
import { StateMark } from "./GraphTable";
import { PermissionSelect } from "./PermissionSelect";
import classes from "./Graph.module.css";

interface Props {
  chosen?: Chosen;
  graph: Graph;
  focus: { type: string; id: string };
  permission?: string;
  names: Names;
  /** Starts a graph from something; absent for who may only look at themselves. */
  onBegin?: (node: GraphNode) => void;
  onChoose: (chosen: Chosen) => void;
  onClose: () => void;
}

/** What one thing or one line of the graph is about: who gave it, why, until when, and why a decision comes out as it does. */
export function GraphDetail({ chosen, graph, names, onClose, ...rest }: Props) {
  const { t } = useTranslation();
  const [last, setLast] = useState(chosen);
  if (chosen && chosen !== last) {
    setLast(chosen);
  }
  const nodes = new Map(graph.nodes.map((node) => [node.key, node]));
  const shown = chosen ?? last; // stays while the drawer closes
  const name = (key: string) => {
    const node = nodes.get(key);
    return node ? names.title(node) : "";
  };
  const title = !shown ? "" : "node" in shown ? names.title(shown.node) : t("graph.arrow", { from: name(shown.edge.from), to: name(shown.edge.to) });
  return (
    <Sheet opened={chosen !== undefined} onClose={onClose} title={title} position="right">
      {shown && ("node" in shown ? <OfNode node={shown.node} graph={graph} names={names} {...rest} /> : <OfEdge edge={shown.edge} graph={graph} nodes={nodes} names={names} {...rest} />)}
    </Sheet>
  );
}

type Rest = Omit<Props, "chosen" | "onClose">;

function OfNode({ node, graph, names, focus, permission, onBegin, onChoose }: Rest & { node: GraphNode }) {
  const { t } = useTranslation();
  const opens = useCan()("admin.technicians");
  const href = nodeHref(node);
  const note = names.note(node);
  const nodes = new Map(graph.nodes.map((x) => [x.key, x]));
  const comes = graph.edges.filter((edge) => edge.to === node.key);
  const leads = graph.edges.filter((edge) => edge.from === node.key);
  const asked = questionOf(node, focus);
  return (
    <div className={classes.detail}>
      {node.type !== "people" && (
        <p>
          <StateMark state={node.state} miss={node.miss} /> {note}
        </p>
      )}
      <div className={classes.actions}>
        {onBegin && canFocus(node) && node.id !== focus.id && (
          <Button size="compact-md" onClick={() => onBegin(node)}>
            {t("graph.begin")}
          </Button>
        )}
        {href && (opens || !["technician", "team", "role"].includes(node.type)) && (
          <Button size="compact-md" variant="default" component={Link} to={href}>
            {t("graph.open")}
          </Button>
        )}
      </div>
      {asked && <Why technicianId={asked.technician} on={asked.on} first={permission} />}
      <Lines title={t("graph.comes")} edges={comes} end="from" nodes={nodes} graph={graph} names={names} onChoose={onChoose} />
      <Lines title={t("graph.leads")} edges={leads} end="to" nodes={nodes} graph={graph} names={names} onChoose={onChoose} />
    </div>
  );
}

/** A person and a place of which it can be asked why: one of them is chosen, and the graph starts from the other. */
function questionOf(node: GraphNode, focus: { type: string; id: string }): { technician: string; on: Place } | undefined {
  if (node.column === "places" && !node.hidden && focus.type === "technician") {
    return { technician: focus.id, on: { type: node.type, id: node.id } };
  }
  if (node.type === "technician" && !["", "technician", "team", "role", "platform_role"].includes(focus.type)) {
    return { technician: node.id, on: { type: focus.type, id: focus.id } };
  }
  return undefined;
}

function Why({ technicianId, on, first }: { technicianId: string; on: Place; first?: string }) {
  const { t } = useTranslation();
  const [permission, setPermission] = useState(first ?? (on.type === "customer" ? "customer.view" : on.type.includes("device") ? "device.view" : ""));
  return (
    <section className={classes.why}>
      <PermissionSelect label={t("graph.why")} allowDeselect={false} value={permission || null} onChange={(next) => setPermission(next ?? "")} />
      {permission && <Explanation technicianId={technicianId} permission={permission} on={on} />}
    </section>
  );
}

const some = 12;

interface LinesProps {
  title: string;
  edges: readonly GraphEdge[];
  end: "from" | "to";
  nodes: ReadonlyMap<string, GraphNode>;
  graph: Graph;
  names: Names;
  onChoose: (chosen: Chosen) => void;
}

function Lines({ title, edges, end, nodes, graph, names, onChoose }: LinesProps) {
  const { t } = useTranslation();
  if (edges.length === 0) {
    return null;
  }
  return (
    <section>
      <h3>{title}</h3>
      <ul className={classes.ends}>
        {edges.slice(0, some).map((edge) => {
          const node = nodes.get(edge[end]);
          return (
            node && (
              <li key={edge[end]}>
                <Anchor component="button" type="button" inherit ta="start" mih={24} onClick={() => onChoose({ node })}>
                  {names.title(node)}
                </Anchor>
                <About edge={edge} />
                {edges.length === 1 && <Rules edge={edge} graph={graph} />}
              </li>
            )
          );
        })}
      </ul>
      {edges.length > some && <p className={classes.soft}>{t("graph.more", { count: edges.length - some })}</p>}
    </section>
  );
}

function About({ edge }: { edge: GraphEdge }) {
  const { t } = useTranslation();
  const words = [
    edge.miss ? t(`graph.miss.${edge.miss}`) : t(`graph.state.${edge.state}`),
    edge.partly ? t("graph.partly") : "",
    edge.permissions > 0 ? t("graph.permissions", { count: edge.permissions }) : "",
    edge.rules.length + edge.more_rules > 0 ? t("graph.grants", { count: edge.rules.length + edge.more_rules }) : "",
    edge.count > 0 ? String(edge.count) : "",
  ];
  return <small>{words.filter(Boolean).join(" · ")}</small>;
}

function OfEdge({ edge, graph, nodes, names, onChoose }: Rest & { edge: GraphEdge; nodes: ReadonlyMap<string, GraphNode> }) {
  const { t } = useTranslation();
  const ends = [nodes.get(edge.from), nodes.get(edge.to)].filter((node) => node !== undefined);
  return (
    <div className={classes.detail}>
      <p>
        <StateMark state={edge.state} miss={edge.miss} /> <About edge={edge} />
      </p>
      {edge.teams.length > 0 && <p>{t("graph.through", { teams: edge.teams.map((x) => x.name).join(", ") })}</p>}
      <div className={classes.actions}>
        {ends.map((node) => (
          <Button key={node.key} size="compact-md" variant="default" onClick={() => onChoose({ node })}>
            {names.title(node)}
          </Button>
        ))}
      </div>
      <Rules edge={edge} graph={graph} />
    </div>
  );
}

function Rules({ edge, graph }: { edge: GraphEdge; graph: Graph }) {
  const { t } = useTranslation();
  const found = edge.rules.map((id) => graph.rules.find((rule) => rule.id === id)).filter((rule) => rule !== undefined);
  if (found.length === 0) {
    return edge.teams.length > 0 ? <p className={classes.soft}>{t("graph.through", { teams: edge.teams.map((x) => x.name).join(", ") })}</p> : null;
  }
  return (
    <>
      <ul className={classes.rules} aria-label={t("graph.rules")}>
        {found.map((rule) => (
          <RuleItem key={rule.id} rule={rule} />
        ))}
      </ul>
      {edge.more_rules > 0 && <p className={classes.soft}>{t("graph.moreRules", { count: edge.more_rules })}</p>}
    </>
  );
}

function RuleItem({ rule }: { rule: GraphRule }) {
  const { t, i18n } = useTranslation();
  const opens = useCan()("admin.technicians");
  const day = (at: string) => new Intl.DateTimeFormat(i18n.language, { dateStyle: "medium" }).format(new Date(at));
  const title = rule.type === "grant" ? t("graph.grantTo", { name: rule.subject.name || t("rights.gone") }) : t("graph.overrideOf", { name: rule.subject.name || t("rights.gone") });
  const words = [
    rule.given_by.name ? t("graph.by", { name: rule.given_by.name }) : "",
    t("graph.since", { date: day(rule.given_at) }),
    rule.not_before ? t("graph.begins", { date: day(rule.not_before) }) : "",
    rule.expires_at ? t("graph.until", { date: day(rule.expires_at) }) : "",
  ];
  return (
    <li>
      {opens ? <Link to={`/${rule.whose}s/${rule.subject.id}?tab=access`}>{title}</Link> : title}
      <small>{words.filter(Boolean).join(" · ")}</small>
      {rule.type === "grant" && <small>{rule.reason ? t("graph.because", { reason: rule.reason }) : t("graph.noReason")}</small>}
    </li>
  );
}
