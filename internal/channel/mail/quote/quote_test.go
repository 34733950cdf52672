package quote

import (
	"sort"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestTake(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, text, said string }{
		{"nothing", "", ""},
		{"no quote", "Bonjour,\n\nMon vélo grince.\n\nLéa", "Bonjour,\n\nMon vélo grince.\n\nLéa"},
		{"gmail fr", "Merci !\n\nLe lun. 3 févr. 2026 à 10:12, Paul Petit <paul@velo.example> a écrit :\n\n> Votre roue est prête.\n> Paul", "Merci !"},
		{"gmail fr nbsp", "Merci !\n\nLe lun. 3 févr. 2026 à 10:12, Paul Petit <paul@velo.example> a écrit\u00a0:\n\n> Votre roue est prête.", "Merci !"},
		{"gmail fr wrapped", "Merci !\n\nLe lun. 3 févr. 2026 à 10:12, Paul Petit du service client <\npaul@velo.example> a écrit :\n\n> Votre roue est prête.", "Merci !"},
		{"gmail fr wrapped twice", "D'accord.\n\nLe lundi 3 février 2026 à 10:12:33 UTC+1, Paul Petit\nde la part du service client <paul@velo.example>\na écrit :\n\n> Votre roue.", "D'accord."},
		{"thunderbird fr", "Oui.\n\nLe 03/02/2026 à 10:12, Paul Petit a écrit :\n> Ça va ?", "Oui."},
		{"thunderbird fr other order", "Oui.\n\nPaul Petit a écrit le 03/02/2026 à 10:12 :\n> Ça va ?", "Oui."},
		{"thunderbird fr name only", "Oui.\n\nPaul Petit a écrit :\n> Ça va ?", "Oui."},
		{"apple fr", "Oui.\n\n> Le 3 févr. 2026 à 10:12, Paul Petit <paul@velo.example> a écrit :\n> \n> Ça va ?", "Oui."},
		{"k9 fr", "Oui.\n\nLe 3 février 2026 10:12:33 GMT+01:00, Paul <paul@velo.example> a écrit :\n>Ça va ?", "Oui."},
		{"unmarked quote fr", "Oui.\n\nLe 3 févr. 2026 à 10:12, Paul <paul@velo.example> a écrit :\n\nÇa va ?\nPaul", "Oui."},
		{"outlook fr", "Je confirme.\n\n________________________________\nDe : Paul Petit <paul@velo.example>\nEnvoyé : lundi 3 février 2026 10:12\nÀ : Léa Martin <lea@client.example>\nObjet : Votre vélo\n\nBonjour,\nprêt.", "Je confirme."},
		{"outlook fr no rule, nbsp", "Je confirme.\n\nDe\u00a0: Paul Petit\nEnvoyé\u00a0: lundi 3 février 2026 10:12\nÀ\u00a0: Léa\nObjet\u00a0: Votre vélo\n\nprêt.", "Je confirme."},
		{"outlook fr bold", "Je confirme.\n\n*De :* Paul Petit\n*Envoyé :* lundi 3 février 2026 10:12\n*À :* Léa\n*Objet :* Votre vélo\n\nprêt.", "Je confirme."},
		{"outlook fr separator", "Je confirme.\n\n-----Message d'origine-----\nDe : Paul\nEnvoyé : hier\n\nprêt.", "Je confirme."},
		{"outlook fr separator curly", "Je confirme.\n\n-----Message d’origine-----\nDe : Paul\n\nprêt.", "Je confirme."},
		{"zimbra fr", "Je confirme.\n\n----- Mail original -----\nDe: \"Paul\" <paul@velo.example>\nÀ: lea\nEnvoyé: Lundi\nObjet: x\n\nprêt.", "Je confirme."},
		{"yahoo fr", "Non.\n\n    Le lundi 3 février 2026 à 10:12:33 UTC+1, Paul <paul@velo.example> a écrit :  \n \n Ça va ?", "Non."},
		{"iphone fr", "Parfait\n\nEnvoyé de mon iPhone\n\n> Le 3 févr. 2026 à 10:12, Paul <paul@velo.example> a écrit :\n> \n> Ça va ?", "Parfait"},
		{"outlook mobile fr", "Parfait\n\nTélécharger Outlook pour iOS\n________________________________\nFrom: Paul <paul@velo.example>\nSent: Monday, February 3, 2026 10:12:33 AM\nTo: Léa\nSubject: Vélo\n\nOK?", "Parfait"},
		{"signature fr", "Bonjour,\nmerci.\n\n-- \nLéa Martin\n12 rue des Lilas", "Bonjour,\nmerci."},
		{"inline fr", "Le 03/02/2026 à 10:12, Paul a écrit :\n> Quelle taille ?\n\nDu 54.\n\n> Quelle couleur ?\n\nRouge.", "Du 54.\n\nRouge."},
		{"bottom fr", "Le 03/02/2026 à 10:12, Paul a écrit :\n> Quelle taille ?\n> Paul\n\nDu 54.\n\n-- \nLéa", "Du 54."},
		{"forward fr", "Pour info\n\n---------- Message transféré ---------\nDe : Paul <paul@velo.example>\nDate : lun. 3 févr.\n\nprêt.", "Pour info"},
		{"le in a sentence", "Le 3 mai j'ai acheté un vélo.\nIl a écrit sur le cadre son nom.\nQue faire ?", "Le 3 mai j'ai acheté un vélo.\nIl a écrit sur le cadre son nom.\nQue faire ?"},
		{"wrote in a sentence fr", "Bonjour,\nvotre collègue m'a écrit :\n\"ça marche\"\nmais non.", "Bonjour,\nvotre collègue m'a écrit :\n\"ça marche\"\nmais non."},
		{"gmail en", "Thanks!\n\nOn Mon, Feb 3, 2026 at 10:12 AM Paul Petit <paul@velo.example> wrote:\n\n> Your wheel is ready.", "Thanks!"},
		{"gmail en wrapped", "Thanks!\n\nOn Mon, Feb 3, 2026 at 10:12 AM Paul Petit from customer care <\npaul@velo.example> wrote:\n\n> Your wheel is ready.", "Thanks!"},
		{"apple en", "Yes.\n\n> On Feb 3, 2026, at 10:12, Paul Petit <paul@velo.example> wrote:\n> \n> OK?", "Yes."},
		{"thunderbird en", "Yes.\n\nOn 03/02/2026 10:12, Paul Petit wrote:\n> OK?", "Yes."},
		{"unmarked quote en", "Yes.\n\nOn Feb 3, 2026, at 10:12, Paul Petit <paul@velo.example> wrote:\n\nOK?\nPaul", "Yes."},
		{"outlook en", "I agree.\n\nFrom: Paul Petit <paul@velo.example>\nSent: Monday, February 3, 2026 10:12 AM\nTo: Lea\nCc: Max\nSubject: Your bike\n\nready.", "I agree."},
		{"outlook en wrapped to", "I agree.\n\nFrom: Paul Petit <paul@velo.example>\nSent: Monday, February 3, 2026 10:12 AM\nTo: Lea Martin <lea@client.example>;\nMax Muller <max@client.example>\nSubject: Your bike\n\nready.", "I agree."},
		{"outlook en separator", "I agree.\n\n-----Original Message-----\nFrom: Paul\nSent: yesterday\n\nready.", "I agree."},
		{"proton", "I agree.\n\n------- Original Message -------\nOn Monday, February 3rd, 2026 at 10:12, Paul <paul@velo.example> wrote:\n\n> ready.", "I agree."},
		{"iphone en", "Great\n\nSent from my iPhone\n\n> On Feb 3, 2026, at 10:12, Paul <paul@velo.example> wrote:\n> \n> OK?", "Great"},
		{"outlook ios en", "Great\n\nGet Outlook for iOS<https://aka.ms/x>\n________________________________\nFrom: Paul\nSent: Monday\nTo: Lea\nSubject: x\n\nOK?", "Great"},
		{"signature en", "Hello,\nthanks.\n\n--\nLea Martin\nBike Club", "Hello,\nthanks."},
		{"inline en", "On 03/02/2026 10:12, Paul wrote:\n> Which size?\n54\n> Which colour?\nRed, please.\n> Paul", "54\nRed, please."},
		{"nested", "No.\n\nOn 03/02/2026 10:12, Paul wrote:\n>> Which size?\n> 54\nReally?", "No.\n\nReally?"},
		{"forward en", "FYI\n\n---------- Forwarded message ---------\nFrom: Paul <paul@velo.example>\nDate: Mon\n\nready.", "FYI"},
		{"forward apple", "FYI\n\nBegin forwarded message:\n\nFrom: Paul\nSubject: x\nDate: y\n\nready.", "FYI"},
		{"horde", "Yes\n\nQuoting Paul Petit <paul@velo.example>:\n\n> OK?", "Yes"},
		{"gnus", "Yes\n\nPaul Petit <paul@velo.example> writes:\n\n> OK?", "Yes"},
		{"old gmail", "Yes\n\n2026-02-03 10:12 GMT+01:00 Paul Petit <paul@velo.example>:\n\n> OK?", "Yes"},
		{"from in a sentence", "From: what I see, this is broken.\nTo: be honest, I am sad.", "From: what I see, this is broken.\nTo: be honest, I am sad."},
		{"dashes in the text", "A\n--\n" + strings.Repeat("line\n", 40) + "end", "A\n--\n" + strings.Repeat("line\n", 40) + "end"},
		{"signature then attribution", "Yes.\n-- \nLea\n\nOn 03/02/2026 10:12, Paul wrote:\n> OK?", "Yes."},
		{"only a quote", "> OK?", ""},
		{"on in a sentence", "On Monday 3 May I ordered a bike and you wrote me\nthat it comes in June.\nIt did not.", "On Monday 3 May I ordered a bike and you wrote me\nthat it comes in June.\nIt did not."},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got := Take(c.text)
			if d := cmp.Diff(c.said, got.Said); d != "" {
				t.Errorf("said (-want +got):\n%s\nquoted:\n%s", d, got.Quoted)
			}
			if d := cmp.Diff(words(c.text), words(got.Said+"\n"+got.Quoted)); d != "" {
				t.Errorf("lines lost or added:\n%s", d)
			}
		})
	}
}

// words are the lines that are not blank, sorted.
func words(s string) []string {
	var out []string
	for _, l := range strings.Split(s, "\n") {
		if l = strings.TrimSpace(l); l != "" {
			out = append(out, l)
		}
	}
	sort.Strings(out)
	return out
}

func TestTakeLosesNothing(t *testing.T) {
	t.Parallel()
	lines := rapid.SampledFrom([]string{"", " ", "Bonjour,", "> quoted", ">> deeper", "-- ", "--", "On Mon, Feb 3, 2026 at 10:12 AM Paul <p@x.example> wrote:",
		"Le 03/02/2026 à 10:12, Paul a écrit :", "Le lun. 3 févr. 2026 à 10:12, Paul <", "p@x.example> a écrit :", "De : Paul", "Envoyé : hier", "À : Léa", "Objet : x",
		"From: Paul", "Sent: x", "To: Lea", "Subject: y", "-----Original Message-----", "________________", "Sent from my iPhone", "a écrit :", "wrote:", "un texte"})
	rapid.Check(t, func(t *rapid.T) {
		text := strings.Join(rapid.SliceOfN(rapid.OneOf(lines, rapid.StringMatching(`[^\n]{0,30}`)), 0, 40).Draw(t, "lines"), "\n")
		got := Take(text)
		if d := cmp.Diff(words(text), words(got.Said+"\n"+got.Quoted)); d != "" {
			t.Fatalf("lines lost or added:\n%s", d)
		}
	})
}

func TestTakeLargeText(t *testing.T) {
	t.Parallel()
	// Each of these once made a reader look at the rest of the text from every line.
	for _, line := range []string{"-- \n", "Le 3\n", "On 3 x\n", "De : x\n", "--\n> x\n", "wrote:\n"} {
		text := strings.Repeat(line, (1<<20)/len(line))
		got := Take(text)
		if len(got.Said)+len(got.Quoted) == 0 {
			t.Errorf("%q: nothing is left", line)
		}
	}
}
