package app

import (
	"context"
	"fmt"

	"github.com/entente/entente/internal/charter"
	"github.com/entente/entente/internal/inbox"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
)

// demoReplies describes the places where the organisation speaks, keeps a few replies, lets a beginner's reply wait for her mentor, and leaves one
// private follow-up to come.
func (a *App) demoReplies(ctx context.Context) error {
	as := func(email string) (context.Context, *org.Member, error) {
		m, err := a.Org.ByEmail(ctx, email+"@bruyere.example")
		if err == nil && m == nil {
			err = fmt.Errorf("nobody is %s", email)
		}
		return org.AsOperator(org.With(ctx, m)), m, err
	}
	ines, _, err := as("ines.cordelier")
	if err != nil {
		return err
	}
	places, err := a.Inbox.Places(ines)
	if err != nil {
		return err
	}
	for _, p := range places {
		if p.Kind == sampleKind && !p.Own {
			seen := p.Mark()
			p.ReadSince, p.IntroducedAt, p.Remark = a.Clock().AddDate(-1, 0, 0), a.Clock().AddDate(0, -11, 0), "Les marques répondent aux questions, elles n’ouvrent pas de fil."
			if _, err := a.Inbox.SetPlace(ines, seen, p); err != nil {
				return fmt.Errorf("describe a place: %w", err)
			}
		}
	}
	for _, r := range []inbox.SavedReply{
		{Title: "Numéro de commande en privé", Words: charter.Words{"fr": "Bonjour {first_name}, envoyez-moi votre numéro de commande en message privé et je regarde aujourd’hui.\n\n{member}, Bruyère Cycles",
			"en": "Hello {first_name}, send me your order number in a private message and I look today.\n\n{member}, Bruyère Cycles"}},
		{Title: "Remise à zéro de l’écran", Words: charter.Words{"fr": "Maintenez le bouton dix secondes, puis rallumez. Dites-moi si l’écran revient ; sinon je vous réserve une place à l’atelier.",
			"en": "Hold the button for ten seconds, then switch on. Tell me whether the display comes back; if not I book you a place in the workshop."}},
		{Title: "Numéro de cadre", Words: charter.Words{"fr": "Le numéro de cadre est sous le boîtier de pédalier : LD2 et six chiffres. Donnez-le-moi et je vous dis si le rappel a été fait."}},
	} {
		if _, err := a.Inbox.SaveReply(ines, "", r); err != nil {
			return fmt.Errorf("keep a reply: %w", err)
		}
	}
	oriane, _, err := as("oriane.tissot")
	if err != nil {
		return err
	}
	list, _, err := a.Inbox.Queue(ines, inbox.WaitingView, inbox.Filter{}, "", 200)
	if err != nil {
		return err
	}
	held, planned := false, false
	for i := len(list) - 1; i >= 0 && !(held && planned); i-- {
		c := &list[i]
		if c.Assignee != "" {
			continue
		}
		in := inbox.Answer{Text: "Bonjour, je suis Oriane, de Bruyère Cycles. J’ai posé la question à l’atelier et je vous réponds ici demain."}
		checked, err := a.Inbox.Check(ines, c.ID, in)
		if err != nil {
			continue // not from here
		}
		switch {
		case checked.Complaint && !checked.Answered && !planned:
			in = inbox.Answer{Text: "Bonjour, c’est trop long et vous avez raison de le dire. Je m’en occupe et je vous écris en privé aujourd’hui.\n\nInès, Bruyère Cycles", Pair: true}
			_, err = a.Inbox.Reply(ines, c.ID, in)
			planned = err == nil
		case !held:
			_, err = a.Inbox.Reply(oriane, c.ID, in)
			held = err == nil
		}
		if err != nil && !problem.Is(err, problem.Invalid) {
			return fmt.Errorf("answer: %w", err)
		}
	}
	return nil
}
