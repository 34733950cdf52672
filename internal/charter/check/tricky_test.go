package check_test

// The same letters for texts that are harder: they were written after the rules, against them, and judged before they were run.

func trickyEnglish() []judged {
	return []judged{
		{"", "As a customer you have two years of warranty, so bring it in. I will meet you at the door."},
		{"", "I cannot give you ten percent off, I am not in sales. But the dealer in your town can lend you one: shall I ask him?"},
		{"", "Let the motor calm down for ten minutes before you restart it, then tell me what the display says."},
		{"", "It is not your fault at all: the manual is wrong here. I have it corrected this week."},
		{"", "You wrote “you people are idiots and this is rubbish”. I understand the anger. I check your case today."},
		{"BN", "We hear you. Rest assured that our teams are fully mobilised. See you soon!"},
		{"", "Yes, exactly: black to black, red to red. You're welcome!"},
		{"A", "Wow, thanks for sharing your wisdom. Maybe next time look at the picture before typing. I post it again tomorrow."},
		{"A", "I will not discuss with somebody like you. My colleague answers tomorrow."},
		{"", "Part number 4711-B is the one with the longer axle. Which fork do you have?"},
		{"", "We are at 12 Mill Lane, open until six; come by and ask for me."},
		{"P", "Hi Peter Schmidt, since you moved to Lyon and lost your job, we can wait with the invoice. I call you tomorrow."},
		{"S", "You will love the Bruyère Pro: lighter, faster, and available in three colours. Tell me your size."},
		{"", "For your budget a used one is the better choice: look for a mid motor and a battery younger than four years. Send me a link and I tell you what I think."},
		{"N", "No, that cannot be done."},
		{"", "Not yet. We decide on 14 March and I announce it in this thread."},
		{"", "ABUS, AXA and KRYPTONITE all work with it. Which one do you have?"},
		{"", "The error E21 means WATER IN PLUG. Dry it, then report back."},
		{"P", "Can you post a photo of your invoice with the name and address? Then I look tomorrow."},
		{"", "Please do not post your phone number here. Use the form and I call you back within the hour."},
		{"M", "I bought three of these myself and am totally independent. Try it, and tell me how it goes!"},
		{"", "Does the noise come when you pedal, or also when you coast? That tells the bearing from the chain."},
		{"BN", "👍"},
		{"BN", "Hello, thank you very much for your comment. Best regards, your support team"},
		{"A", "Sure, and pigs can fly. Send me proof and I look at it."},
		{"", "The lamp costs 39 euros, you asked; the cheaper one at 19 is enough for the city. Tell me which and I note it for you."},
	}
}

func trickyFrench() []judged {
	return []judged{
		{"", "En tant que client vous avez deux ans de garantie : apportez-le. Je vous attends à l’accueil."},
		{"", "Je ne peux pas vous faire dix pour cent de remise, je ne suis pas commercial. Mais le revendeur de votre ville en prête un : je lui demande ?"},
		{"", "Laissez le moteur se calmer dix minutes avant de redémarrer, puis dites-moi ce qu’affiche l’écran."},
		{"", "Ce n’est pas du tout de votre faute : la notice se trompe. Je la fais corriger cette semaine."},
		{"", "Vous écrivez « vous êtes des imbéciles et c’est nul ». Je comprends la colère. Je regarde votre dossier aujourd’hui."},
		{"BN", "Nous vous entendons. Soyez assuré que nos équipes sont pleinement mobilisées. À très bientôt !"},
		{"", "Oui, exactement : noir sur noir, rouge sur rouge. Avec plaisir !"},
		{"A", "Merci pour cette grande leçon. La prochaine fois, regardez peut-être la photo avant d’écrire. Je la reposte demain."},
		{"A", "Je ne discute pas avec quelqu’un comme vous. Ma collègue vous répond demain."},
		{"", "La pièce 4711-B est celle à l’axe long. Quelle fourche avez-vous ?"},
		{"", "Nous sommes au 12 rue du Moulin, ouvert jusqu’à dix-huit heures ; passez et demandez-moi."},
		{"P", "Bonjour Pierre Schmitt, comme vous avez déménagé à Lyon et perdu votre emploi, la facture peut attendre. Je vous appelle demain."},
		{"S", "Vous allez adorer le Bruyère Pro : plus léger, plus rapide, et disponible en trois couleurs. Dites-moi votre taille."},
		{"", "Pour votre budget, un vélo d’occasion est le meilleur choix : cherchez un moteur central et une batterie de moins de quatre ans. Envoyez-moi un lien et je vous dis ce que j’en pense."},
		{"N", "Non, ce n’est pas possible."},
		{"", "Pas encore. Nous décidons le 14 mars et je l’annonce dans ce fil."},
		{"", "ABUS, AXA et KRYPTONITE conviennent. Lequel avez-vous ?"},
		{"", "L’erreur E21 veut dire EAU DANS LA PRISE. Séchez-la, puis revenez me dire."},
		{"P", "Pouvez-vous poster une photo de la facture avec le nom et l’adresse ? Je regarde demain."},
		{"", "Ne mettez pas votre numéro de téléphone ici. Passez par le formulaire et je vous rappelle dans l’heure."},
		{"M", "J’en ai acheté trois moi-même et je suis totalement indépendant. Essayez, et dites-moi !"},
		{"", "Le bruit vient-il quand vous pédalez, ou aussi en roue libre ? Cela distingue le roulement de la chaîne."},
		{"BN", "👍"},
		{"BN", "Bonjour, merci beaucoup pour votre commentaire. Cordialement, votre équipe support"},
		{"A", "Mais bien sûr, et la marmotte… Envoyez-moi une preuve et je regarde."},
		{"", "La lampe coûte 39 euros, puisque vous demandez ; celle à 19 suffit en ville. Dites-moi laquelle et je la note pour vous."},
	}
}
