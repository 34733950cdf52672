package measure

// Directly makes a service read every row itself.
func (s *Service) Directly() { s.direct = true }

// Rolled is how many readings stood on what is kept, of how many that could.
func (s *Service) Rolled() (rolled, all int64) { return s.store.used.Load(), s.store.asked.Load() }
