package situation

// Break has the work broken off where hook says so.
func (s *Service) Break(hook func(name string) error) { s.hook = hook }
