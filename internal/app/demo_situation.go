package app

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/entente/entente/internal/channel"
	"github.com/entente/entente/internal/inbox"
	"github.com/entente/entente/internal/ledger"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/seal"
	"github.com/entente/entente/internal/situation"
)

// demoSituations gathers the batteries of the sample's summer into a crisis, with a statement and a review, and lets one drill be held, at the
// times at which that was done.
func (a *App) demoSituations(ctx context.Context, shift time.Duration) error {
	d := &situationDemo{App: a, ctx: ctx, shift: shift, who: map[string]*org.Member{}}
	members, err := a.Org.Members(ctx)
	if err != nil {
		return err
	}
	for _, m := range members {
		d.who[strings.SplitN(m.Email, ".", 2)[0]] = m
	}
	clock := func() time.Time { return d.now }
	box, err := seal.New(make([]byte, 32)) // the channels of the sample have no secrets
	if err != nil {
		return err
	}
	d.channels = channel.New(a.DB, a.Ledger, box, channel.World{Clock: clock, Log: a.Log}, a.Log, clock, sampleConnector{})
	in := inbox.New(a.DB, a.Ledger, d.channels, a.Org, a.Log, clock)
	d.s = situation.New(a.DB, a.Ledger, d.channels, in, org.New(a.DB, a.Log, clock), a.Log, clock)
	if err := d.playbook(); err != nil {
		return fmt.Errorf("playbook: %w", err)
	}
	if err := d.batteries(); err != nil {
		return fmt.Errorf("batteries: %w", err)
	}
	if err := d.drill(); err != nil {
		return fmt.Errorf("drill: %w", err)
	}
	return nil
}

type situationDemo struct {
	*App
	ctx      context.Context
	shift    time.Duration
	now      time.Time
	who      map[string]*org.Member
	channels *channel.Service
	s        *situation.Service
}

// at sets the clock to a time of the sample's calendar and returns a context in which a member acts.
func (d *situationDemo) at(month time.Month, day, hour, minute int, member string) context.Context {
	d.now = time.Date(2026, month, day, hour, minute, 0, 0, time.UTC).Add(d.shift)
	return org.AsOperator(org.With(d.ctx, d.who[member]))
}

func (d *situationDemo) playbook() error {
	p := situation.Usual(d.ctx, situation.Crisis)
	p.Name, p.About = "Rappel de produit", "Sécurité d’abord : arrêter la vente avant d’expliquer."
	p.Steps = append([]situation.Step{{Name: "Arrêter la vente du lot concerné", After: 30 * time.Minute}}, p.Steps...)
	_, err := d.s.SavePlaybook(d.at(time.May, 27, 9, 0, "claire"), p)
	return err
}

// about finds what was opened between two days of the sample's calendar about the topic of the crisis.
func (d *situationDemo) about(topic string, from, to time.Time) ([]string, error) {
	var out []string
	for _, view := range []inbox.View{inbox.OpenView, inbox.ResolvedView} {
		cursor := ""
		for {
			list, next, err := d.Inbox.Queue(org.AsOperator(org.With(d.ctx, d.who["claire"])), view, inbox.Filter{Topic: topic}, cursor, 200)
			if err != nil {
				return nil, err
			}
			for i := range list {
				if at := list[i].OpenedAt.Add(-d.shift); !at.Before(from) && at.Before(to) {
					out = append(out, list[i].ID)
				}
			}
			if cursor = next; next == "" {
				break
			}
		}
	}
	return out, nil
}

func (d *situationDemo) batteries() error {
	topics, err := d.Listening.Topics(d.ctx)
	if err != nil {
		return err
	}
	topic := ""
	for _, t := range topics {
		if strings.Contains(t.Query, "C26-07") {
			topic = t.ID
		}
	}
	day := func(month time.Month, n int) time.Time { return time.Date(2026, month, n, 0, 0, 0, 0, time.UTC) }
	first, err := d.about(topic, day(time.August, 15), day(time.August, 29))
	if err != nil {
		return err
	}
	v, err := d.s.Start(d.at(time.August, 28, 15, 40, "ines"), situation.Draft{Name: "Batteries Lande 2, lot C26-07 : connecteur chaud", About: "Plusieurs clients signalent un connecteur chaud pendant la charge. Tous ont une batterie du lot C26-07.",
		Level: situation.Serious, Topic: topic, Conversations: first})
	if err != nil {
		return err
	}
	if v, err = d.s.Acknowledge(d.at(time.August, 28, 15, 52, "ines"), v.ID); err != nil {
		return err
	}
	if err = d.s.Tell(d.at(time.August, 28, 16, 10, "ines"), v.ID, ledger.Told{Members: []string{d.who["claire"].ID, d.who["mathilde"].ID}, Text: "Connecteurs chauds, lot C26-07. Je rassemble les cas."}, ""); err != nil {
		return err
	}
	facts := 0
	for i, s := range v.Steps {
		if s.Does == "" {
			facts = i
			break
		}
	}
	if _, err = d.s.Finish(d.at(time.August, 28, 18, 30, "ines"), v.ID, facts, "Atelier : le connecteur du lot chauffe à 71 °C"); err != nil {
		return err
	}
	crisis, owner := string(situation.Crisis), d.who["claire"].ID
	if _, err = d.s.Change(d.at(time.August, 31, 7, 20, "claire"), v.ID, situation.Turn{Level: &crisis, Owner: &owner, Why: "L’essai est paru, 40 messages cette nuit."}); err != nil {
		return err
	}
	more, err := d.about(topic, day(time.August, 29), day(time.September, 7))
	if err != nil {
		return err
	}
	if _, err = d.s.Gather(d.at(time.August, 31, 7, 25, "ines"), v.ID, more); err != nil {
		return err
	}
	if err = d.s.Tell(d.at(time.August, 31, 8, 0, "claire"), v.ID, ledger.Told{Others: "DGCCRF, assureur, revendeurs", Text: "Suspension de la vente du lot, enquête en cours."}, ""); err != nil {
		return err
	}
	if _, err = d.s.Write(d.at(time.September, 2, 17, 0, "claire"), v.ID, ledger.Worded{Kind: string(situation.Elsewhere), URL: "https://bruyere.example/actualites/lande-2",
		Texts: map[string]string{"fr": "Ne chargez plus les batteries du lot C26-07. Nous les remplaçons toutes. C’est notre faute, et c’est à nous de la réparer.", "en": "Please stop charging batteries of lot C26-07. We replace all of them. It is our mistake, and ours to mend."}}, ""); err != nil {
		return err
	}
	w, err := d.s.Write(d.at(time.September, 7, 8, 30, "ines"), v.ID, ledger.Worded{Kind: string(situation.Statement), Short: "Lot C26-07 : rappel ouvert, échange gratuit. Rendez-vous : bruyere.example/rappel",
		Texts: map[string]string{
			"fr": "Bonjour,\n\nle rappel des batteries du lot C26-07 commence aujourd’hui. L’échange est gratuit et prend un quart d’heure. D’ici là, ne chargez plus la batterie.\n\nRendez-vous : https://bruyere.example/rappel\n\nL’équipe de Bruyère Cycles",
			"en": "Hello,\n\nthe recall of batteries of lot C26-07 begins today. The exchange is free and takes a quarter of an hour. Until then please do not charge the battery.\n\nAppointments: https://bruyere.example/recall\n\nThe team of Bruyère Cycles"}}, "")
	if err != nil {
		return err
	}
	if _, err = d.s.Approve(d.at(time.September, 7, 8, 55, "claire"), w.ID, true); err != nil {
		return err
	}
	if _, err = d.s.Begin(d.at(time.September, 7, 9, 0, "claire"), w.ID); err != nil {
		return err
	}
	if _, err = d.s.Deliver(d.ctx); err != nil {
		return err
	}
	for range 20 { // what the sample's channels take at once
		n, err := d.channels.SendOnce(d.ctx, d.now)
		if err != nil {
			return err
		}
		if n == 0 {
			break
		}
	}
	if err := d.Ledger.Finish(d.ctx); err != nil {
		return err
	}
	if err = d.s.Note(d.at(time.September, 11, 17, 0, "ines"), v.ID, "350 batteries échangées en une semaine. Les merci arrivent.", ""); err != nil {
		return err
	}
	if _, err = d.s.Clear(d.at(time.September, 18, 16, 0, "claire"), v.ID, "Plus aucun nouveau cas depuis cinq jours."); err != nil {
		return err
	}
	_, err = d.s.Learn(d.at(time.September, 25, 10, 0, "ines"), v.ID, ledger.Reviewed{
		Well:    "Dire « c’est notre faute » tout de suite. Le rendez-vous de rappel en quatre minutes.",
		Badly:   "Neuf jours entre le premier signalement et la détection : quatre messages, quatre personnes, personne n’a fait le lien.",
		Changes: "Suivre les suggestions de situation chaque matin. Réponse d’attente prête, en deux langues."})
	return err
}

func (d *situationDemo) drill() error {
	list, _, err := d.Inbox.Queue(org.AsOperator(org.With(d.ctx, d.who["claire"])), inbox.ResolvedView, inbox.Filter{}, "", 12)
	if err != nil {
		return err
	}
	var some []string
	for i := range list {
		some = append(some, list[i].ID)
	}
	v, err := d.s.Start(d.at(time.October, 14, 12, 0, "ines"), situation.Draft{Name: "Exercice : fuite de données d’un revendeur", Level: situation.Crisis, Drill: true, Conversations: some,
		About: "Un revendeur écrit que sa liste de clients est en ligne. Jouer la première demi-journée."})
	if err != nil {
		return err
	}
	if _, err = d.s.Acknowledge(d.at(time.October, 14, 12, 9, "claire"), v.ID); err != nil {
		return err
	}
	if err = d.s.Tell(d.at(time.October, 14, 12, 31, "claire"), v.ID, ledger.Told{Members: []string{d.who["mathilde"].ID}, Others: "CNIL (jouée par Julien)", Text: "Exercice : fuite supposée, 800 adresses."}, ""); err != nil {
		return err
	}
	w, err := d.s.Write(d.at(time.October, 14, 12, 48, "ines"), v.ID, ledger.Worded{Kind: string(situation.Holding), Texts: map[string]string{
		"fr": "Bonjour, nous avons appris qu’une liste d’adresses circule. Nous vérifions et revenons vers vous avant 18 heures.", "en": "Hello, we have learned that a list of addresses is going round. We are checking and come back to you before 6 pm."}}, "")
	if err != nil {
		return err
	}
	if _, err = d.s.Approve(d.at(time.October, 14, 12, 58, "claire"), w.ID, true); err != nil {
		return err
	}
	if _, err = d.s.Begin(d.at(time.October, 14, 13, 0, "claire"), w.ID); err != nil {
		return err
	}
	if _, err = d.s.Deliver(d.ctx); err != nil {
		return err
	}
	if _, err = d.s.Clear(d.at(time.October, 14, 13, 45, "claire"), v.ID, "Fin de l’exercice."); err != nil {
		return err
	}
	_, err = d.s.Learn(d.at(time.October, 14, 14, 10, "ines"), v.ID, ledger.Reviewed{Well: "La réponse d’attente est partie en une heure.", Badly: "Le numéro de l’assureur était introuvable.", Changes: "Numéros utiles dans le plan d’action."})
	return err
}
