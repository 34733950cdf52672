package rule

import "context"

// Teams are the departments and skills that profiles name: a conversation can be handed to whoever is free of them.
func (s *Service) Teams(ctx context.Context) (departments, skills []string, err error) {
	if departments, err = s.inbox.Departments(ctx); err != nil {
		return nil, nil, err
	}
	skills, err = s.inbox.Skills(ctx)
	return departments, skills, err
}
