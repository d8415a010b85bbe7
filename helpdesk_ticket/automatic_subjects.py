"""How programs begin the subject of what they send by themselves, in many languages.

Compared without accents and capitals, so `réponse` stands here as `reponse`. Exchange
and Outlook write the first group, in the language of the mailbox; people write the
second one into their absence notes; receipts begin with the third.
"""

import itertools
import re
import unicodedata

# How programs mark what is forwarded, in the language of whoever forwards. Behind what
# mail servers and lists put before it: [EXTERN]
FORWARD_SUBJECT = re.compile(
    r"\s*(?:\[[^\[\]]{1,60}\]\s*)*\[?(?:fwd?|wg|wtr|tr|rv|enc|i|vb|vl|pd|doorst|fs|tov|továbbítás|ilt|πρθ"
    r"|forwarded|weitergeleitet|transféré|inoltrato|doorgestuurd|vidarebefordrat"
    r"|videresendt|reenviado|encaminhad[oa]|пере(?:сл|сил|сыл)\w*|препрат\w*"
    r"|прослеђено|prosle(?:đ|dj)eno|proslije(?:đ|dj)eno|posredovano"
    r"|(?:pre|pře)poslan\w*|persiųsta|pārsūtīts|edastatud|trs|yml|ارجاع|अग्रेषित"
    r"|转发|轉寄|転送|전달|إعادة توجيه|هدایت|הועבר|redir\.?|prepos\.?"
    r"|chuyển tiếp|ส่งต่อ|teruskan)\s?[:：]",
    re.IGNORECASE,
)
# "Automatic reply: Your question"
REPLIES = (
    "automatic reply",
    "automatic response",
    "auto[- ]?reply",
    "auto[- ]?response",
    "auto[- ]?responder",
    "yahoo! auto response",
    "automatic (vacation|out of office) (reply|response)",
    "auto",
    "autom(atische)? antwort",
    "automatische (ruckantwort|nachricht|eingangsbestatigung)",
    "auto[- ]?antwort",
    "(reponse|message) automatique",
    "respuesta automatica",
    "mensaje automatico",
    "automatisch(e)? (antwoord|bericht)",
    "risposta automatica",
    "messaggio automatico",
    "odpowiedz automatyczna",
    "automatyczna odpowiedz",
    "autoodpowiedz",
    "resposta automatica",
    "mensagem automatica",
    "automatiskt? svar",
    "auto[- ]?svar",
    "automaattinen vastaus",
    "automatvastaus",
    "automaticka odpoved",
    "automatikus valasz",
    "raspuns automat",
    "automatski odgovor",
    "(avtomatski|samodejni) odgovor",
    "automaatvastus",
    "automatiska atbilde",
    "automatinis atsakymas",
    "αυτοματη απαντηση",
    "автоматический ответ",
    "автоответ",
    "автоматична вiдповiдь",
    "автоматична відповідь",
    "автоматичен отговор",
    "аутоматски одговор",
    "otomatik (yanıt|yanit|cevap)",
    "自動応答",
    "自動返信",
    "自动(回复|答复)",
    "自動回覆",
    "자동 ?(회신|응답|답장)",
    "(תגובה|תשובה) אוטומטית",
    "מענה אוטומטי",
    "رد تلقائي",
    "الرد التلقائي",
    "(การ)?ตอบกลับอัตโนมัติ",
    "tra loi tu đong",
    "balasan otomati[sk]",
    "balasan automatik",
    "sjalfvirkt svar",
    "erantzun automatikoa",
    "ateb awtomatig",
    "(автоматты|автоматтық) жауап",
    "автоматски одговор",
    "аўтаматычны адказ",
    "پاسخ (خودکار|اتوماتیک)",
    "(स्वचालित|स्वतः) (उत्तर|जवाब)",
    "স্বয়ংক্রিয় (উত্তর|জবাব)",
    "pergjigje automatike",
    "ავტომატური პასუხი",
    "ավտոմատ պատասխան",
    "avtomat(ik)? (cavab|javob)",
    "freagra uathoibrioch",
    "(twegiba|risposta) awtomatika",
    "awtomatikong (tugon|sagot)",
    "(jibu|majibu) (la |ya )?(ki)?otomatiki",
    "automatesch antwert",
    "outomatiese antwoord",
)
# "Out of office: 1 to 7 December"
ABSENCES = (
    "out[- ]of[- ](the[- ])?office",
    "(i am |i'm )?(currently )?(on (vacation|holiday|leave)|away)",
    "(vacation|absence|holiday) (notice|message|note)",
    "abwesenheits\\w*",
    "abwesen(d|heit)",
    "(ich bin )?(nicht im (haus|buro)|im urlaub|au(ss|ß)er haus)",
    "urlaubs(notiz|meldung|benachrichtigung)",
    "absen(t|te|ce)( du bureau)?",
    "message d'absence",
    "(notification|avis) d'absence",
    "(en )?conges?",
    "fuera de (la |mi )?oficina",
    "(estoy )?(ausente|ausencia)( de la oficina)?",
    "afwezig(heid)?(s(melding|bericht|assistent))?",
    "(niet aanwezig|buiten kantoor|niet op kantoor)",
    "(fuori (sede|ufficio|dall'ufficio)|assen(te|za)|non in ufficio)",
    "(poza biurem|nieobecn(y|a|osc)( w biurze)?)",
    "(fora do escritorio|ausencia temporaria)",
    "(franvaro(meddelande)?|franvarande|ej pa kontoret|inte pa kontoret)",
    "(fravær(smelding|sbesked)?|ikke (til stede|pa kontoret))",
    "(poissa(olo\\w*)?|poissa toimistosta)",
    "(mimo kancelar\\w*|nepritomn\\w*)",
    "(hazon kivul|tavollet)",
    "(plecat din birou|absent din birou)",
    "(odsoten|odsotnost|odsutan|odsutnost)",
    "εκτος γραφειου",
    "(вне офиса|нет на рабочем месте|в отпуске|отсутствую)",
    "(поза офiсом|поза офісом)",
    "(ofis dısında|ofis disinda)",
    "不在(通知|のお知らせ)?",
    "(外出|休假)(通知)?",
    "부재 ?중?",
)
# "Thank you for your message", "Ticket received"
ACKNOWLEDGEMENTS = (
    "thank(s| you) for (contacting|writing|your (e-?mail|message|request))",
    "thank(s| you) for your (enquiry|inquiry)",
    "we (have )?received your",
    "(ticket|request|case|message|e-?mail) received",
    "(vielen |herzlichen |besten )?dank fur ihre (nachricht|e-?mail|mail|anfrage)",
    "(wir haben )?ihre (nachricht|anfrage|e-?mail)( ist)? (erhalten|eingegangen)",
    "eingangsbestatigung",
    "merci (de|pour) votre (message|e-?mail|mail|demande)",
    "(nous avons bien recu|bonne reception de) votre",
    "gracias por (contactar|escribir|su (mensaje|correo|consulta|solicitud))",
    "hemos recibido su",
    "(bedankt|dank u) voor uw (bericht|e-?mail|mail|aanvraag)",
    "grazie per (averci contattato|il (suo|tuo) (messaggio))",
    "ich bin (zur zeit |derzeit |aktuell )?nicht erreichbar",
    "i'?m on \\w+ leave",
    # filters that ask whether a person wrote: BoxTrapper, Spam Arrest
    "your e-?mail requires verification",
    "please (verify|confirm) your (message|e-?mail)",
)
# Outlook asks to take a mail back: "Recall: Your question"
RECALLS = ("recall", "ruckruf", "rappel", "recuperar", "richiamo", "intrekken")
SAYS_RECALL = (
    "(would like to recall the message|mochte die nachricht .{0,300}zuruckrufen"
    "|(souhaite|voudrait) rappeler le message|(desea|quiere) recuperar el mensaje"
    "|(desidera|vorrebbe) richiamare il messaggio|wil het bericht .{0,300}intrekken)"
)
# "Read: Your question"
RECEIPTS = (
    "(not )?read",
    "read receipt",
    "return receipt",
    "delivered",
    "(un)?gelesen( geloscht)?",
    "nicht gelesen",
    "(lesebestatigung|empfangsbestatigung|zustellbestatigung)",
    "(zugestellt|ubermittelt)",
    "(non )?lue?",
    "accuse de (lecture|reception)",
    "confirmation de lecture",
    "remis",
    "(no )?leido",
    "confirmacion de lectura",
    "(acuse de recibo|entregado)",
    "(niet )?gelezen",
    "(leesbevestiging|ontvangstbevestiging|bezorgd)",
    "(non )?letto",
    "(conferma di lettura|ricevuta di ritorno|recapitato)",
    "(nie )?przeczytano",
    "(potwierdzenie przeczytania|dostarczono)",
    "(nao )?lid[oa]",
    "(confirmacao de leitura|recibo de leitura|entregue)",
    "(ej |inte )?last",
    "(laskvitto|levererat)",
    "(ikke )?(læst|lest)",
    "(lesekvittering|kvittering for læsning|leveret|levert)",
    "(luettu|lukukuittaus)",
    "(precteno|potvrzeni o precteni|doruceno)",
    "(precitane|potvrdenie o precitani)",
    "(elolvasva|olvasasi visszaigazolas)",
    "(citit|confirmare de citire)",
    "(прочитано|уведомление о прочтении)",
    "(okundu|okundu bilgisi)",
    "開封(済み|確認)",
    "已(读|讀)",
    "읽음",
)
# IBM Domino and Notes: "Juergen Baumann ist ausser Haus. (returning 07.12.2026)"
NAMED_ABSENCE = (
    r".{2,80}\b(ist|is|est|e|esta|er|on|ar|jest|je)\b.{0,20}"
    r"\b(au(ss|ß)er haus|nicht im (haus|buro|hause)|abwesend|im urlaub"
    r"|out of (the )?office|away from|absente?( du bureau)?|en conges?"
    r"|fuera de (la )?oficina|ausente|fuori (sede|ufficio)|assente"
    r"|afwezig|niet aanwezig|nieobecn[ya]|fora do escritorio|franvarande"
    r"|fraværende|mimo kancelar)\b"
)
# ... and how its writer says so: "I am out of the office until Monday". Others may be
# absent in what people ask for.
SAYS_ABSENT = (
    "\\b(ich bin|bin ich|ich werde|wir sind|i am|i'm|i will be|je suis|je serai|estoy"
    "|estare|sono|saro|ik ben|ben ik|jestem|estou|estarei|jag ar|jeg er|olen|jsem|som"
    "|я|mam|befinde ich mich|ich befinde mich|this is an automat\\w+"
    "|dies(e|es)? ist eine automat\\w+|ceci est une reponse automat\\w+"
    "|esta es una respuesta automat\\w+)\\b.{0,80}"
    "(au(ss|ß)er haus|nicht im (haus|buro|hause)|nicht (an meinem|am) arbeitsplatz"
    "|nicht (personlich )?erreichbar|urlaub|abwesend|out of( the)? office|away"
    "|on (annual |parental |sick )?leave|vacation|holiday|absent|conge|fuera de|ausente"
    "|vacaciones|fuori|assente|ferie|afwezig|niet aanwezig|vakantie|nieobecn|urlop"
    "|poza biurem|fora d|ferias|bortrest|franvarande|semester|ikke til ?stede"
    "|ikke pa kontoret|fraværende|poissa|lomalla|nepritom|mimo kancelar|dovolen"
    "|отпуск|отсутств|reply|response|antwort|reponse|respuesta)"
)
# ... and what a receipt says: "Your message was read on Friday"
SAYS_RECEIVED = (
    "\\b(your message|ihre nachricht|votre message|su mensaje|il messaggio"
    "|uw bericht|wiadomosc|sua mensagem|meddelande|meddelelse|viestisi|zprava)\\b"
    ".{0,300}"
    "\\b(read|displayed|delivered|gelesen|zugestellt|angezeigt|lu|leido|letto|gelezen"
    "|przeczytan|lida|last|læst|lest|luettu|prectena)\\b"
    # Thunderbird
    "|\\b(this is a|dies ist eine|ceci est un|este es un|questa e una|dit is een"
    "|to jest) (return receipt|(empfangs|lese)bestatigung|accuse de reception"
    "|acuse de recibo|ricevuta|(ontvangst|lees)bevestiging|potwierdzenie)"
)
# Outlook and Gmail make a mail of what somebody clicked on: "Anna reacted via Gmail"
REACTIONS = (
    "reacted (to your message|via gmail)",
    "hat (auf (ihre|deine) nachricht|(uber|via|per) gmail) reagiert",
    "a reagi (a votre message|via gmail|sur gmail)",
    "(reacciono|ha reaccionado) (a (su|tu) mensaje|(a traves de|desde|con) gmail)",
    "ha reagito (al (suo|tuo) messaggio|(tramite|con) gmail)",
    "heeft (gereageerd op (uw|je) bericht|via gmail gereageerd)",
    "reagiu (a sua mensagem|(por meio do|pelo|no) gmail)",
)
MAX_SUBJECT, MAX_TEXT = 300, 2000
# A reaction says it in one of its first lines: the sign, the name, the sentence.
REACTION_LINES, MAX_REACTION = 3, 150


def is_automatic_subject(subject, answers, read_text):
    """Return whether a program wrote a mail, by its subject and one more sign (E07).

    The subject alone is not enough: people ask how to set up absence notes.

    :param str subject: of the mail
    :param bool answers: it refers to another mail, or has another sign of automatic
        mail
    :param read_text: callable that returns the text of the mail
    :rtype: bool
    """
    plain = plain_text(subject[:MAX_SUBJECT])
    if _RECALL.match(plain):
        return bool(_SAYS_RECALL.search(plain_text((read_text() or "")[:MAX_TEXT])))
    reply = _REPLY.match(plain) or _NAMED.match(plain)
    receipt = _RECEIPT.match(plain)
    if not (reply or receipt or _ABSENCE.match(plain) or _THANKS.match(plain)):
        return False
    if answers:
        return True
    if not (reply or receipt):
        return False
    if _REPLY_NUMBERED.match(plain):
        return True
    text = plain_text((read_text() or "")[:MAX_TEXT])
    if not text and _RECEIPT_NUMBERED.match(plain):
        return True
    return bool((_SAYS_ABSENT if reply else _SAYS_RECEIVED).search(text))


def is_reaction(name, text):
    """Return whether a mail is only a reaction, such as a thumbs-up (E07).

    :param str name: of its sender, with which the sentence begins
    :param str text: of the mail
    :rtype: bool
    """
    words = re.findall(r"\w{2,}", plain_text(name))
    lines = filter(None, map(plain_text, (text or "")[:MAX_TEXT].splitlines()))
    return any(
        len(line) <= MAX_REACTION
        and _REACTION.search(line)
        and all(word in line for word in words)
        for line in itertools.islice(lines, REACTION_LINES)
    )


def plain_text(text):
    """Return a text as one line without accents, in lower case."""
    text = unicodedata.normalize("NFKD", text.casefold().replace("’", "'"))
    kept = "".join(char for char in text if not unicodedata.combining(char))
    return " ".join(unicodedata.normalize("NFC", kept).split())


def compile_plain(pattern):
    """Compile a pattern for comparison with the result of `plain_text`."""
    return re.compile(plain_text(pattern))


def either(group):
    """Return a pattern that matches any of these patterns.

    :param group: patterns as texts
    """
    return "|".join(f"(?:{one})" for one in group)


# What a program puts before the subject of the other mail ends with a colon.
_REPLY = compile_plain(rf"(?:{either(REPLIES)})\s*(?:[:–—-]|\[|$)")
_ABSENCE = compile_plain(rf"(?:auto:\s*|automatische )?(?:{either(ABSENCES)})(?!\w)")
_THANKS = compile_plain(rf"(?:{either(ACKNOWLEDGEMENTS)})(?!\w)")
_RECALL = compile_plain(rf"(?:{either(RECALLS)})\s*:")
_NAMED = compile_plain(rf"(?:auto:\s*)?{NAMED_ABSENCE}")
# Thunderbird: "Empfangsbestätigung (angezeigt) - Ihre Frage"
_RECEIPT = compile_plain(rf"(?:{either(RECEIPTS)})\s*(?::|\([^()]{{3,30}}\)\s*[:–—-])")
# ... and the number of a ticket behind it is that of our mail. People write about cars:
# "Auto: [KFZ-17] Unfall".
_NUMBER = r"\s*[:–—-]?\s*\[[^\[\]\s]{0,60}\d[^\[\]\s]{0,60}\]"
_REPLY_NUMBERED = compile_plain(
    rf"(?:{either(one for one in REPLIES if one != 'auto')}){_NUMBER}"
)
_RECEIPT_NUMBERED = compile_plain(rf"(?:{either(RECEIPTS)}){_NUMBER}")
_SAYS_ABSENT = compile_plain(SAYS_ABSENT)
_SAYS_RECALL = compile_plain(SAYS_RECALL)
_SAYS_RECEIVED = compile_plain(SAYS_RECEIVED)
_REACTION = compile_plain(rf"\b(?:{either(REACTIONS)})\s*[.:]?$")
