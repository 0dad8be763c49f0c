package bulk

import "time"

// TryFor changes for how long an order is tried out.
func (s *Service) TryFor(d time.Duration) { s.tryFor = d }
