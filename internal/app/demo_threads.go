package app

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/entente/entente/internal/community"
	"github.com/entente/entente/internal/org"
)

// demoThread is a question or a discussion of the demo; days is how long ago it began, hours how long after that somebody replied.
type demoThread struct {
	space, lang, by   string
	days              float64
	title, tags, body string
	replies           []demoReply
	pick              int // which of the replies solved it, from 1; 0 for none
	pinned            bool
}

type demoReply struct {
	by    string
	hours float64
	body  string
	on    int // comments on that reply, from 1; 0 for the question
	votes []string
}

// demoNeighbours are customers who have joined, beside the members of the sample.
func demoNeighbours() map[string]string {
	return map[string]string{"nadia": "Nadia Berthet", "gwen": "Gwen Fairley", "paulo": "Paulo Sardinha", "odile": "Odile Marchand"}
}

// demoTalk fills the communities of the demo by the hands of their members, at times of the past weeks.
func (a *App) demoTalk(ctx context.Context) error {
	people := map[string]context.Context{}
	for key, name := range demoNeighbours() {
		email := strings.ToLower(strings.ReplaceAll(name, " ", ".")) + "@post.example"
		d, err := a.Org.Invite(ctx, org.Invite{Email: email, Name: name, Role: org.Plain, Lang: "fr"})
		if err != nil {
			return fmt.Errorf("invite %s: %w", email, err)
		}
		if _, err := a.Org.Accept(ctx, strings.TrimPrefix(d.Path, org.InvitationPath), org.Accept{Name: name, Lang: "fr", Zone: "Europe/Paris", Password: demoPassword},
			org.Visit{Agent: "demo"}); err != nil {
			return fmt.Errorf("accept for %s: %w", email, err)
		}
		m, err := a.Org.ByEmail(ctx, email)
		if err != nil {
			return err
		}
		people[key] = org.AsOperator(org.With(ctx, m))
	}
	members, err := a.Org.Members(ctx)
	if err != nil {
		return err
	}
	for i := range members {
		m := members[i]
		if key, _, _ := strings.Cut(m.Email, "."); people[key] == nil {
			people[key] = org.AsOperator(org.With(ctx, m))
		}
	}
	now := a.Clock()
	at := now
	s := community.New(a.DB, a.Ledger, a.Channels, org.New(a.DB, a.Log, func() time.Time { return at }), a.Log, func() time.Time { return at })
	all, err := s.Map(ctx)
	if err != nil {
		return err
	}
	for _, place := range []struct {
		slug, into string   // into is a space that is entered on request
		join       []string // who is invited there, or to the community, and comes
		threads    []demoThread
	}{{"sillage", "atelier", []string{"nadia", "paulo", "sandrine", "julien"}, demoSillage()}, {"equipe", "", []string{"luc", "maelle", "karim", "oriane"}, demoTeam()}} {
		c, found := all.BySlug(place.slug)
		if !found {
			continue
		}
		spaces := map[string]string{}
		for _, sp := range all.Spaces {
			if sp.Community == c.ID {
				spaces[sp.Slug] = sp.ID
			}
		}
		at = now.Add(-30 * 24 * time.Hour)
		for _, key := range place.join {
			m := org.Who(people[key])
			if err := s.Invite(people["ines"], c.ID, spaces[place.into], m.Email); err != nil {
				return fmt.Errorf("invite %s to %s: %w", key, place.slug, err)
			}
			if place.into == "" {
				_, err = s.Join(people[key], c.ID, "")
			} else {
				_, err = s.JoinSpace(people[key], spaces[place.into], "")
			}
			if err != nil {
				return fmt.Errorf("%s joins %s: %w", key, place.slug, err)
			}
		}
		for _, t := range place.threads {
			begun := now.Add(-time.Duration(t.days * 24 * float64(time.Hour)))
			at = begun
			kind := community.Questions
			if t.space == "discussions" || t.space == "accueil" {
				kind = community.Discussions
			}
			id, err := s.Start(people[t.by], community.Begin{Space: spaces[t.space], Kind: kind, Title: t.title, Body: t.body, Tags: t.tags, Lang: t.lang})
			if err != nil {
				return fmt.Errorf("%q: %w", t.title, err)
			}
			posts := []string{id}
			for _, r := range t.replies {
				at = begun.Add(time.Duration(r.hours * float64(time.Hour)))
				post, err := s.Reply(people[r.by], c.ID, community.Reply{Post: posts[r.on], Body: r.body, Lang: t.lang})
				if err != nil {
					return fmt.Errorf("reply to %q: %w", t.title, err)
				}
				posts = append(posts, post)
				for _, voter := range r.votes {
					at = at.Add(time.Hour)
					if _, _, err := s.Vote(people[voter], c.ID, post, 1); err != nil {
						return fmt.Errorf("vote in %q: %w", t.title, err)
					}
				}
			}
			if t.pick > 0 {
				at = at.Add(2 * time.Hour)
				if _, err := s.Pick(people[t.by], c.ID, posts[t.pick], true); err != nil {
					return fmt.Errorf("pick in %q: %w", t.title, err)
				}
			}
			if t.pinned {
				if err := s.Turn(people["ines"], c.ID, id, "pinned", ""); err != nil {
					return fmt.Errorf("pin %q: %w", t.title, err)
				}
			}
		}
	}
	if err := a.demoIdeas(ctx, s, people, &at); err != nil {
		return err
	}
	if err := a.demoEvents(s, people, &at); err != nil {
		return err
	}
	if err := a.demoArticles(ctx, s, people, &at); err != nil {
		return err
	}
	if err := a.demoModeration(ctx, s, people, &at); err != nil {
		return fmt.Errorf("moderation: %w", err)
	}
	return a.demoRecognition(s, people)
}

func demoSillage() []demoThread {
	return []demoThread{
		{space: "discussions", lang: "fr", by: "ines", days: 21, pinned: true, title: "Bienvenue au Sillage : présentez-vous !", tags: "accueil",
			body: "Ici on roule, on répare et on se répond. Dites-nous d’où vous partez le matin et sur quel vélo.\n\n**Trois règles simples :**\n\n1. on tutoie ou on vouvoie, comme on veut ;\n2. une question, un fil ;\n3. on remercie qui nous a aidés.",
			replies: []demoReply{
				{by: "nadia", hours: 5, body: "Nadia, Annecy-le-Vieux. Une Lande 2 depuis mars, deux enfants derrière, et la côte de la Puya tous les matins.", votes: []string{"odile", "ines"}},
				{by: "gwen", hours: 9, body: "Gwen from Bristol. Callune, bought second hand, and too many hills. My French is *slow* but I read everything."},
				{by: "odile", hours: 26, body: "Odile, 68 ans, Erica bleue. J’ai lâché la voiture il y a deux ans et je ne la regrette que les jours de grêle.", votes: []string{"nadia", "paulo", "gwen"}},
				{by: "paulo", hours: 30, body: "> lâché la voiture il y a deux ans\n\nPareil ici, mais c’est elle qui m’a lâché. Paulo, Sévrier, Lande 2.", on: 3},
			}},
		{space: "questions", lang: "fr", by: "odile", days: 18.2, title: "Des pneus d’hiver valent-ils la peine sur une Erica ?", tags: "erica pneus hiver",
			body: "Je roule tous les jours, pluie comprise. Les pneus d’origine glissent sur les pavés mouillés.",
			replies: []demoReply{
				{by: "paulo", hours: 5, body: "Oui, dès qu’il fait moins de 7 °C : la gomme d’hiver reste souple. J’ai mis des **47-622** d’hiver en novembre, 0,3 bar de moins que l’été, et je ne glisse plus sur les pavés.", votes: []string{"odile", "nadia"}},
			}, pick: 1},
		{space: "questions", lang: "fr", by: "paulo", days: 16.5, title: "Écran figé au démarrage après une mise à jour", tags: "ecran mise-a-jour",
			body: "Le logo reste affiché. L’assistance marche, mais je ne vois plus la vitesse.",
			replies: []demoReply{
				{by: "nadia", hours: 3, body: "Même chose en août. Tenez **+** et **−** ensemble dix secondes, vélo éteint, puis rallumez : l’écran redémarre et finit sa mise à jour.", votes: []string{"paulo"}},
			}, pick: 1},
		{space: "questions", lang: "fr", by: "nadia", days: 12.4, title: "Comment savoir si ma batterie fait partie du lot C26-07 ?", tags: "batterie lande-2 rappel",
			body: "J’ai reçu le courrier sur le rappel mais je ne trouve pas où lire le numéro. Il faut démonter quelque chose ?",
			replies: []demoReply{
				{by: "paulo", hours: 1.5, body: "L’étiquette est sous la batterie, côté connecteur :\n\n1. coupez l’assistance ;\n2. déverrouillez et sortez la batterie ;\n3. retournez-la : le lot est la ligne qui commence par `C26-`.", votes: []string{"nadia", "odile"}},
				{by: "nadia", hours: 2, body: "Trouvé, c’est C26-05. Je respire. Merci !", on: 1},
				{by: "tom", hours: 4, body: "Pour compléter : le lot figure aussi sur la facture, et sur la page « Mon vélo » de votre compte. Si c’est **C26-07**, n’utilisez plus le chargeur et écrivez-nous : l’échange est gratuit, atelier ou transporteur au choix.", votes: []string{"nadia", "odile", "gwen"}},
			}, pick: 3},
		{space: "questions", lang: "en", by: "gwen", days: 9.2, title: "Is there a child seat that fits the Callune rack?", tags: "callune child-seat rack",
			body: "The rack is rated 25 kg but the rails look wider than my old bike's. Has anybody fitted a seat without drilling?",
			replies: []demoReply{
				{by: "tom", hours: 6, body: "Tom from Bruyère. The rails are 16 mm, so seats made for *wide* racks clamp on without drilling. Two we have ridden with: any seat with the MIK HD plate, and the ones with four separate clamps. Please keep child and seat below **22 kg** together.", votes: []string{"gwen", "nadia"}},
				{by: "gwen", hours: 7, body: "MIK HD it is. Does the battery key still turn with the plate on?", on: 1},
				{by: "tom", hours: 8, body: "It does, with a finger's width to spare.", on: 1, votes: []string{"gwen"}},
			}, pick: 1},
		{space: "questions", lang: "fr", by: "odile", days: 7.3, title: "L’autonomie tombe de moitié quand il gèle, est-ce normal ?", tags: "batterie hiver autonomie",
			body: "Erica de deux ans. En octobre je faisais 60 km, ce matin à −3 °C l’affichage annonce 31. La batterie dort dans le garage.",
			replies: []demoReply{
				{by: "karim", hours: 3, body: "C’est surtout le froid : à −3 °C une batterie donne **un quart à un tiers de moins**. De 60 à 31, il y a sans doute aussi la nuit au garage. Rentrez-la au chaud la nuit, et partez avec : la différence se voit dès le premier matin.", votes: []string{"odile", "nadia", "paulo"}},
				{by: "odile", hours: 27, body: "Deux nuits dans l’entrée : 47 km affichés. Je n’aurais pas cru.", on: 1, votes: []string{"karim"}},
				{by: "paulo", hours: 30, body: "J’ajoute : les pneus. À 0 °C j’avais perdu 0,6 bar sans m’en rendre compte."},
			}, pick: 1},
		{space: "questions", lang: "fr", by: "paulo", days: 3.6, title: "Le dérailleur saute sur le petit pignon après la révision", tags: "transmission lande-2",
			body: "Révision des 2 000 km faite jeudi. Depuis, ça saute dès que j’appuie fort sur le onzième. J’ai vérifié la tension du câble, rien d’évident.",
			replies: []demoReply{
				{by: "nadia", hours: 10, body: "Chez moi c’était la patte de dérailleur, tordue de deux millimètres à peine. Regarde-la de derrière, chaîne sur le milieu."},
				{by: "julien", hours: 20, body: "Julien, de l’atelier. Chaîne neuve sur pignon usé : c’est le cas classique. Si la révision a changé la chaîne seule, passez, on change le pignon de onze dents sans frais : nous aurions dû le voir.", votes: []string{"paulo"}},
			}},
		{space: "questions", lang: "en", by: "gwen", days: 2.1, title: "Can I take the Lande 2 battery on a plane to Faro?", tags: "battery travel",
			body: "Cycling holiday in January. The airline only says \"check with the manufacturer\".",
			replies: []demoReply{
				{by: "paulo", hours: 8, body: "No airline will take it: 504 Wh is five times the 100 Wh limit for the cabin. I rented a battery there last winter, ask the shop in Tavira.", votes: []string{"gwen"}},
			}},
		{space: "questions", lang: "fr", by: "odile", days: 1.2, title: "Peut-on monter des pneus à clous sur une Erica ?", tags: "erica pneus hiver",
			body: "Le passage sous le garde-boue semble juste. Quelqu’un roule-t-il avec des 47-622 ?"},
		{space: "questions", lang: "fr", by: "nadia", days: 0.4, title: "L’écran reste noir après la mise à jour 3.2", tags: "ecran mise-a-jour",
			body: "La mise à jour s’est terminée hier soir, barre pleine. Ce matin l’écran reste noir, l’assistance marche quand même. J’ai débranché cinq minutes, rien."},
		{space: "discussions", lang: "fr", by: "paulo", days: 6.1, title: "Dimanche autour du lac : qui vient ?", tags: "sortie",
			body: "Départ 9 h de la plage d’Albigny, 40 km, allure tranquille, pause tartes à Talloires. On attend tout le monde en haut des côtes.",
			replies: []demoReply{
				{by: "nadia", hours: 4, body: "J’en suis, avec la remorque.", votes: []string{"paulo"}},
				{by: "odile", hours: 6, body: "Je vous rejoins à Sévrier si le brouillard se lève."},
				{by: "sandrine", hours: 20, body: "On passe avec la camionnette de l’atelier à 8 h 30 : gonflage et café pour tous.", votes: []string{"paulo", "nadia", "odile"}},
			}},
		{space: "discussions", lang: "en", by: "gwen", days: 4.5, title: "What I learned from a winter of commuting", tags: "winter commute",
			body: "Three things, after 1,900 km between October and March:\n\n- mudguards matter more than lights, and lights matter a lot;\n- a dry chain squeaks *before* it wears;\n- the best glove is the second pair in the bag.\n\nWhat would you add?",
			replies: []demoReply{
				{by: "odile", hours: 11, body: "Un bonnet fin sous le casque, et un café au bout.", votes: []string{"gwen", "nadia"}},
				{by: "karim", hours: 15, body: "A rag in the pannier. Thirty seconds on the chain each evening doubles its life.", votes: []string{"gwen"}},
			}},
		{space: "atelier", lang: "fr", by: "nadia", days: 5.2, title: "Changer soi-même les plaquettes de frein : quel couple de serrage ?", tags: "freins entretien",
			body: "J’ai les plaquettes et la clé. Le manuel parle de « serrer fermement », ce qui ne m’aide pas.",
			replies: []demoReply{
				{by: "sandrine", hours: 5, body: "Sandrine, atelier.\n\n| vis | couple |\n|---|---|\n| axe de plaquettes | 3 à 4 Nm |\n| fixation de l’étrier | 6 à 8 Nm |\n\nEt **jamais** de dégrippant près du disque.", votes: []string{"nadia", "paulo", "gwen"}},
			}, pick: 1},
		{space: "atelier", lang: "fr", by: "paulo", days: 8.8, title: "Quelle graisse pour la tige de selle en carbone ?", tags: "entretien",
			body: "Elle descend d’un millimètre par sortie. Je n’ose pas serrer plus.",
			replies: []demoReply{
				{by: "julien", hours: 2, body: "Pas de graisse : une **pâte de montage** pour carbone, elle contient des grains qui retiennent. Cinq newtons-mètres suffisent alors.", votes: []string{"paulo"}},
				{by: "paulo", hours: 52, body: "Deux sorties, pas un millimètre. Merci Julien.", on: 1},
			}, pick: 1},
	}
}

func demoTeam() []demoThread {
	return []demoThread{
		{space: "questions", lang: "fr", by: "oriane", days: 6.5, title: "Qui a les pièces du connecteur pour les échanges de cette semaine ?", tags: "rappel pieces",
			body:    "Il m’en reste quatre et onze rendez-vous d’ici vendredi.",
			replies: []demoReply{{by: "luc", hours: 1, body: "Vingt-quatre arrivent demain matin, je t’en mets douze de côté.", votes: []string{"oriane"}}}, pick: 1},
		{space: "discussions", lang: "fr", by: "maelle", days: 3.3, title: "Ce que les clients nous apprennent sur l’hiver", tags: "clients hiver",
			body:    "Trois conversations de la semaine parlaient d’autonomie par grand froid. Et si on glissait une carte « Bien hiverner sa batterie » dans les colis de novembre ?",
			replies: []demoReply{{by: "karim", hours: 5, body: "Je relis volontiers : j’ai répondu dix fois la même chose.", votes: []string{"maelle"}}, {by: "luc", hours: 9, body: "Et une version pour le site, que Tom puisse la citer."}}},
	}
}
