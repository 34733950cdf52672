package lang_test

import (
	"os"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/entente/entente/lang"
)

func TestDetect(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ want, text string }{
		{"fr", "J'attends ma commande depuis dix jours et personne ne me répond"},
		{"fr", "bonjour, le service client est vraiment nul !!"},
		{"fr", "Merci @entente pour votre aide 🙏 https://exemple.fr/the-best-of-the-world"},
		{"en", "I have been waiting for my order for ten days and nobody answers"},
		{"en", "thank you so much, you guys are great :-)"},
		{"de", "Ich warte seit zehn Tagen auf meine Bestellung und niemand antwortet mir"},
		{"es", "Llevo diez días esperando mi pedido y nadie me contesta"},
		{"it", "Aspetto il mio ordine da dieci giorni e nessuno mi risponde"},
		{"pt", "Estou há dez dias à espera da minha encomenda e ninguém me responde"},
		{"nl", "Ik wacht al tien dagen op mijn bestelling en niemand geeft antwoord"},
		{"sv", "Jag har väntat på min beställning i tio dagar och ingen svarar"},
		{"da", "Jeg har ventet på min bestilling i ti dage, og der er ingen som svarer mig"},
		{"no", "Jeg har ventet på bestillingen min i ti dager, og ingen svarer meg"},
		{"fi", "Olen odottanut tilaustani kymmenen päivää eikä kukaan vastaa"},
		{"pl", "Czekam na moje zamówienie od dziesięciu dni i nikt nie odpowiada"},
		{"cs", "Na svou objednávku čekám už deset dní a nikdo neodpovídá"},
		{"hr", "Čekam svoju narudžbu već deset dana i nitko ne odgovara"},
		{"hu", "Tíz napja várok a rendelésemre, és senki sem válaszol"},
		{"ro", "Aștept comanda de zece zile și nimeni nu îmi răspunde"},
		{"tr", "On gündür siparişimi bekliyorum ve kimse cevap vermiyor"},
		{"bg", "Чакам поръчката си от десет дни и никой не ми отговаря"},
		{"ru", "Я жду свой заказ уже десять дней, и никто не отвечает"},
		{"uk", "Я чекаю на своє замовлення вже десять днів, і ніхто не відповідає"},
		{"sr", "Већ десет дана чекам своју поруџбину и нико не одговара"},
		{"el", "Περιμένω την παραγγελία μου δέκα μέρες και κανείς δεν απαντά"},
		{"he", "אני מחכה להזמנה שלי כבר עשרה ימים ואף אחד לא עונה"},
		{"ar", "أنتظر طلبي منذ عشرة أيام ولا أحد يجيب"},
		{"fa", "ده روز است که منتظر سفارشم هستم و کسی پاسخ نمی‌دهد"},
		{"ur", "میں دس دن سے اپنے آرڈر کا انتظار کر رہا ہوں اور کوئی جواب نہیں دیتا"},
		{"hi", "मैं दस दिन से अपने ऑर्डर का इंतज़ार कर रहा हूँ"},
		{"zh", "我等我的订单已经十天了,没有人回答"},
		{"ja", "注文を十日間待っていますが、誰も答えません"},
		{"ko", "주문한 지 열흘이 지났는데 아무도 대답하지 않습니다"},
		{"th", "ฉันรอคำสั่งซื้อมาสิบวันแล้วไม่มีใครตอบ"},
		{"vi", "Tôi đã đợi đơn hàng của mình mười ngày mà không ai trả lời"},
	} {
		if got, p := lang.Detect(c.text); got != c.want || p < 0.5 || p > 1 {
			t.Errorf("Detect(%q) = %q, %.2f; want %q", c.text, got, p, c.want)
		}
	}
}

// TestDetectShort holds short posts, as people write them, and languages that look alike.
func TestDetectShort(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ want, text string }{
		{"fr", "merci beaucoup"}, {"fr", "c'est nul"}, {"fr", "toujours en panne"}, {"fr", "j'adooooore !!!"}, {"fr", "ca marche pas"},
		{"en", "thank you"}, {"en", "still broken"}, {"en", "love it ❤️"}, {"en", "can\\u2019t wait!!"}, {"en", "worst service ever"},
		{"de", "vielen Dank"}, {"de", "funktioniert nicht"}, {"es", "muchas gracias"}, {"es", "¿funciona?"}, {"es", "no funciona todavía"},
		{"it", "grazie mille"}, {"it", "non funziona"}, {"pt", "muito obrigado"}, {"pt", "não funciona"}, {"nl", "dank je wel"}, {"nl", "werkt niet"},
		{"sv", "tack så mycket"}, {"sv", "fungerar inte"}, {"da", "mange tak for hjælpen"}, {"da", "det virker ikke, hvad gør jeg"},
		{"no", "tusen takk for hjelpen"}, {"no", "hva gjør jeg nå"}, {"fi", "kiitos paljon"}, {"pl", "bardzo dziękuję"}, {"cs", "děkuji mnohokrát"},
		{"hr", "hvala lijepa"}, {"hr", "vođa je već došao"}, {"hu", "köszönöm szépen"}, {"ro", "mulțumesc frumos"}, {"ro", "nu merge deloc"},
		{"tr", "teşekkür ederim"}, {"tr", "İstanbul'da hava çok güzel"}, {"bg", "благодаря много"}, {"ru", "большое спасибо"}, {"el", "ευχαριστώ πολύ"}, {"he", "תודה רבה"}, {"ar", "شكرا جزيلا"},
		{"ar", "حتی بالانمي نشيت لنا هاللعبة"}, // an Arabic tweet with a Persian letter
		{"fr", "RT @jean: Le ministre est arrivé à Lyon http"},
		{"fr", "Voilà le meilleur café de Paris, my dear friends de toujours"},
		{"fr", "De\u0301ja\u0300 rec\u0327u, merci"}, // accents typed apart
		{"fr", "#MerciPourTout les amis"},
	} {
		if got, p := lang.Detect(c.text); got != c.want {
			t.Errorf("Detect(%q) = %q, %.2f; want %q", c.text, got, p, c.want)
		}
	}
}

func TestDetectTooLittle(t *testing.T) {
	t.Parallel()
	for _, s := range []string{"", " ", "🔥🔥", "12.5 %", "https://exemple.fr/the-whole-thing @jean", "a", "ok", "OK!!", "lol", "LOL xD", "haha", "\xff\xfe", "€", "@user @user http",
		"RT @user", "1 2 3", "...", "&amp;&lt;", "é", "x y", "\u0301\u0301", "@", "#", "www.example.org", "jean@example.org", "😂😂😂 ok"} {
		if got, p := lang.Detect(s); got != "" {
			t.Errorf("Detect(%q) = %q, %.2f; want none", s, got, p)
		}
		if got, _ := lang.DetectWith(s, "fr"); got != "" {
			t.Errorf("DetectWith(%q, fr) = %q; want none", s, got)
		}
	}
}

func TestDetectWith(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ want, prior, text string }{
		{"fr", "en", "Bonjour, je ne comprends pas pourquoi ma commande n'arrive pas"}, // clear text wins
		{"en", "fr", "I really do not understand why my order does not arrive"},
		{"no", "nb-NO", "Hun er hjemme"}, {"no", "nn", "Hun er hjemme"}, {"da", "da", "Hun er hjemme"},
		{"es", "es-MX", "el problema total"}, {"pt", "pt-BR", "casa nova"}, {"it", "it", "casa nova"},
		{"fr", "und", "Bonjour tout le monde"}, {"fr", "not a tag!", "Bonjour tout le monde"},
		{"ja", "ja", "東京都"}, {"zh", "zh-Hant", "東京都"}, {"fa", "fa", "سلام"}, {"ar", "ar", "سلام"},
		{"uk", "uk", "добре"}, {"el", "uk", "καλημέρα"}, {"fr", "uk", "Bonjour tout le monde"},
		{"en", "ca", "I really do not understand why my order does not arrive"},
		{"sk", "sk", "mám nový dom"}, {"id", "id", "saya suka"}, {"de", "sk", "Ich verstehe wirklich nicht, warum meine Bestellung nicht kommt"},
	} {
		if got, p := lang.DetectWith(c.text, c.prior); got != c.want || p <= 0 || p > 1 {
			t.Errorf("DetectWith(%q, %s) = %q, %.2f; want %q", c.text, c.prior, got, p, c.want)
		}
	}
	for _, s := range []string{"Bonjour tout le monde", "casa nova", "привет"} {
		type answer struct {
			Code string
			P    float64
		}
		var a, b answer
		a.Code, a.P = lang.Detect(s)
		b.Code, b.P = lang.DetectWith(s, "")
		if diff := cmp.Diff(a, b); diff != "" {
			t.Error(diff)
		}
	}
}

func TestDetected(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, c := range lang.Detected() {
		if seen[c] {
			t.Errorf("%s stands twice", c)
		}
		seen[c] = true
	}
	for _, c := range strings.Fields("ar bg cs da de el en es fi fr he hr hu it nl no pl pt ro ru sv tr") {
		if !seen[c] {
			t.Errorf("%s is missing", c)
		}
	}
}

func TestNewDetectorRefuses(t *testing.T) {
	t.Parallel()
	for _, s := range []string{"", "ELD3", "ELD3\x11\x02", "ELD2" + strings.Repeat("x", 1000), "ELD3\xff\xff" + strings.Repeat("\x00", 1<<21)} {
		if _, err := lang.NewDetector(s); err == nil {
			t.Errorf("%.10q is taken for weights", s)
		}
	}
	var none lang.Detector
	if got, _ := none.Detect("Bonjour tout le monde"); got != "" {
		t.Errorf("%q without weights", got)
	}
	if got, _ := none.Detect("Καλημέρα"); got != "el" {
		t.Errorf("%q, want what the script tells", got)
	}
}

func FuzzDetect(f *testing.F) {
	for _, s := range []string{"", "Bonjour", "l'été, d’ici\u0301", "\xff\xfe\x80", "&amp; \\u2019 \\u", "@", "#a", "http://", "a'", "’", "İIıi", "ß", "日本 ж ђ", strings.Repeat("e\u0301", 50), strings.Repeat("¿", 700)} {
		f.Add(s, "fr")
	}
	f.Add("добре", "uk")
	f.Fuzz(func(t *testing.T, text, prior string) {
		code, p := lang.DetectWith(text, prior)
		if p < 0 || p > 1 || p != p || code != "" && (len(code) < 2 || len(code) > 3) {
			t.Errorf("DetectWith(%q, %q) = %q, %v", text, prior, code, p)
		}
		for _, g := range lang.Features(nil, text) {
			if g >= lang.FeatureRows {
				t.Fatalf("bucket %d", g)
			}
		}
		if again, q := lang.DetectWith(text, prior); again != code || q != p {
			t.Errorf("%q is %s, then %s", text, code, again)
		}
	})
}

func TestDetectHostile(t *testing.T) {
	t.Parallel()
	for _, s := range []string{strings.Repeat("a", 1<<20), strings.Repeat("é ", 1<<19), strings.Repeat("\xff", 1<<20), strings.Repeat("か", 1<<18),
		strings.Repeat("e\u0301", 1<<18), strings.Repeat("\u0301", 1<<18), strings.Repeat("¿", 1<<18), strings.Repeat("@", 1<<20), strings.Repeat("&", 1<<20), strings.Repeat("http://", 1<<18)} {
		if _, p := lang.Detect(s); p < 0 || p > 1 {
			t.Errorf("%.10q: %v", s, p)
		}
	}
}

// TestDetectAnyCut holds that a text cut anywhere, also within a letter, is no harder than the text.
func TestDetectAnyCut(t *testing.T) {
	t.Parallel()
	const text = "Éric a déjà reçu sa commande à l’été, où est la mienne ?"
	for i := range text {
		if i < 30 || utf8.RuneStart(text[i]) {
			continue
		}
		if got, _ := lang.Detect(text[:i]); got != "fr" {
			t.Errorf("%q: %q", text[:i], got)
		}
	}
	if got, _ := lang.Detect(text[:len(text)-40]); got == "" {
		t.Error("nothing of a beginning")
	}
}

// TestDetectUnseenPosts measures on short posts of the validation splits, which the weights were not made from.
func TestDetectUnseenPosts(t *testing.T) {
	t.Parallel()
	for code, floor := range map[string]float64{"en": 0.985, "fr": 0.985, "de": 0.91, "es": 0.98, "it": 0.96, "pt": 0.97, "ar": 0.98} {
		b, err := os.ReadFile("../../shared/data/language/sentiment.umsab." + code + ".val.tsv")
		if err != nil {
			t.Skip("no data to measure with")
		}
		right, n, unknown := 0, 0, 0
		for line := range strings.Lines(string(b)) {
			p := strings.SplitN(strings.TrimSpace(line), "\t", 3)
			if len(p) != 3 {
				continue
			}
			n++
			switch got, _ := lang.Detect(p[2]); got {
			case code:
				right++
			case "":
				unknown++
			}
		}
		got := float64(right) / float64(n)
		t.Logf("%s: %.3f right, %.3f unknown of %d posts", code, got, float64(unknown)/float64(n), n)
		if got < floor {
			t.Errorf("%s: %.3f right, the floor is %.2f", code, got, floor)
		}
	}
}
