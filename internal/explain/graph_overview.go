package explain

import "countersign.dev/countersign/internal/access/engine"

// everybody is the node of an overview that stands for all people.
const everybody = "p:all"

// overview draws everybody at once: people, the teams by which they have something, what they have, and on how many things of which type.
func (b *builder) overview(sums []engine.Sum) {
	b.node(everybody, People, "people", "", Allowed, "")
	for _, s := range sums {
		if !b.sumWanted(s) {
			continue
		}
		state, kind, id := Allowed, string(s.By), ""
		switch {
		case s.By == engine.ByGrant:
			kind, id = string(roles), s.Role.String()
		case s.By == engine.ByPlatformRole:
			if id = string(s.Platform); s.Role != (engine.ID{}) {
				id = s.Role.String()
			}
		case s.Denies:
			kind, state = "deny", Denying
		}
		role := b.node("r:"+kind+":"+id, Roles, kind, id, state, "")
		role.Count = s.People
		if s.By == engine.ByOwner || s.By == engine.ByPlatformRole {
			b.nodes[everybody].Count += s.People
		}
		if s.Direct > 0 && b.d.Through != ByTeam {
			b.counted(everybody, role.Key, state, s.Direct)
		}
		for _, share := range s.Teams {
			if b.d.Through == Directly {
				break
			}
			team := b.node("t:"+share.Team.String(), Teams, teamFocus, share.Team.String(), state, "")
			team.Count = share.People
			b.edge(everybody, team.Key, Allowed, "").Count = share.People
			b.counted(team.Key, role.Key, state, share.Grants)
		}
		for _, at := range s.At {
			place := b.node("x:"+string(at.Type), Places, string(at.Type), "", Allowed, "")
			b.counted(role.Key, place.Key, state, at.Places)
		}
	}
}

func (b *builder) counted(from, to string, state State, n int) {
	b.edge(from, to, state, "").Count += n
}

func (b *builder) sumWanted(s engine.Sum) bool {
	rule := s.By == engine.ByGrant || s.By == engine.ByOverride
	switch b.d.Through {
	case Directly:
		return rule && s.Direct > 0
	case ByTeam:
		return rule && len(s.Teams) > 0
	case ByPlatformRole:
		return !rule
	case ByOverride:
		return s.By == engine.ByOverride
	}
	return true
}
