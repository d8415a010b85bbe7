from email import message_from_string, policy

from odoo.tests import BaseCase, tagged

from odoo.addons.helpdesk_contact.inside import Inside

from ..automatic_mail import (
    ACKNOWLEDGED,
    BY_TEXT,
    automatic_sign,
    is_discussion,
    list_names,
    many_signs,
    newsletter_sign,
    suppress_sign,
)
from ..own_addresses import OwnAddresses
from .common import SENDER_ADDRESS, TicketCommon

OWN = OwnAddresses(frozenset({SENDER_ADDRESS}), frozenset({"helpdesk.example"}))
ANSWERS = {"In_Reply_To": "<1@helpdesk.example>"}
SUPPRESS = {"X_Auto_Response_Suppress": "All"}
GOOGLE_GROUP = {
    "Precedence": "list",
    "Mailing_list": "list it@huber.example; contact it+owners@huber.example",
    "List_ID": "<it.huber.example>",
    "List_Unsubscribe": "<mailto:off@groups.example>",
}
MICROSOFT_GROUP = {
    "Sender": "IT <it@huber.example>",
    "List_ID": "<it.huber.example>",
    "List_Unsubscribe": "<https://outlook.example/groups/it/off>",
}
CAMPAIGN = {
    "Precedence": "bulk",
    "List_Unsubscribe": "<https://news.example/off>",
    "List_ID": "<123.list.news.example>",
}
RULE = {"X_MS_Exchange_Generated_Message_Source": "Mailbox Rules Agent"}
RULE_OF = {"X_MS_Exchange_Inbox_Rules_Loop": "agent@helpdesk.example"}
SUBMITTED = {"Auto_Submitted": "auto-generated"}
# What answering machines write, and what people do who are away.
NOTES = """
I am out of office until Monday.

Hi Anna,
I'm on annual leave until 12/07/2026. In urgent cases please contact my colleague Tom.

Thank you for your message. I am out of the office till 7 December.
I have limited access to email.

I will be out of the office from 1 December. I will reply upon my return.

Guten Tag,
vielen Dank für Ihre Nachricht. Ich bin bis 07.12.2026 nicht im Büro.
In dringenden Fällen wenden Sie sich bitte an Frau Kurz.

Vom 1.12. bis 7.12. bin ich im Urlaub.

Bonjour,
je suis absente jusqu'au 7 décembre. En cas d'urgence, appelez Paul.

Estoy fuera de la oficina hasta el lunes.

Sono assente fino al 7 dicembre. In caso di urgenza contattare Marco.

Ik ben afwezig tot maandag. In dringende gevallen kunt u bellen.

Dzień dobry, jestem na urlopie do 7 grudnia. W pilnych sprawach: Ewa.

I am out of office until Monday.
On Fri, 27 Nov 2026 at 9:00 Support wrote:
> Could you restart it, please?

I'm on annual leave, returning Monday 7th December. Please contact Rolf in my absence.

I am currently on vacation and will be back on 12/07. For anything urgent call us.

I'm currently out of the office with limited access to e-mail and will return on Monday,
December 7. For urgent matters please contact office@huber.example.

Our office is closed from 24 December to 3 January. We will reply to your message after
the holidays.

Leider bin ich momentan nicht erreichbar. Ab dem 07.12. bin ich wieder für Sie da.

Vielen Dank für Ihre Nachricht. Unser Büro ist vom 24.12. bis 3.1. geschlossen.
Ihre Nachricht wird nicht weitergeleitet.

Bonjour,
actuellement en congés, je serai de retour le 7 décembre. En cas d'urgence : M. Petit.

Estaré fuera de la oficina hasta el 7 de diciembre. Si es urgente, contacte con Ana.

Sono fuori ufficio fino al 7 dicembre. Per urgenze contattare Marco.

I am out of office until Monday. Kind regards, Anna Huber, Head of Purchasing

Ich bin bis 7.12.2026 nicht im Büro. Mit freundlichen Grüßen, Anna Huber, Huber AG

Encontro-me ausente do escritório até 7 de dezembro. Responderei assim que regressar.

Dobrý den, do 7. prosince čerpám dovolenou. V naléhavých případech kontaktujte kolegu.

Merhaba, 7 Aralık tarihine kadar yıllık izindeyim. Acil durumlarda lütfen Rolf'a yazın.

Здравствуйте! Я в отпуске до 7 декабря. По срочным вопросам обращайтесь к Рольфу.

您好,我正在休假,无法及时回复您的邮件,12月7日返回后处理。

本人因公出差,12月7日回公司。如有紧急事宜,请联系同事。

現在休暇中のため、メールの返信ができません。12月7日以降にご連絡いたします。

12月7日まで不在にしております。お急ぎの場合は弊社の代表番号までご連絡ください。

我正在休假,12月7日回来。

您好,我本周出差,下周一回来。谢谢!

出差中,12月7日回来后回复您。

您好,我正在請假,12月7日回來。

現在休暇中です。12月7日に出社いたします。

お世話になっております。山田です。12月5日まで休暇をいただいております。ご迷惑をおかけします。

Ich befinde mich in Elternzeit und komme am 01.03.2027 zurück. Bitte wenden Sie sich an
meine Kollegin Frau Kurz.

Unser Büro ist vom 23.12. bis 06.01. geschlossen. Ihre Mail wird in dieser Zeit nicht
gelesen.

안녕하세요. 12월 7일까지 휴가 중입니다.

휴가 중입니다. 12월 7일에 복귀합니다. 감사합니다.

안녕하세요, 김민수입니다. 12월 5일까지 출장 중입니다.
급한 용무는 대표 번호로 연락 바랍니다.

Я у відпустці до 7 грудня. У термінових питаннях звертайтеся до Івана.

Здравейте, в отпуск съм до 7 декември. За спешни случаи: Иван.

Dobrý deň, som na dovolenke do 7. decembra.

Poštovani, odsutna sam do 7. prosinca. U hitnim slučajevima obratite se kolegi.

Nisam u uredu do 7. prosinca.

Sem odsoten do 7. decembra.

Szabadságon vagyok december 7-ig. Sürgős esetben keresse kollégámat.

Nem vagyok az irodában december 7-ig.

Sunt în concediu până pe 7 decembrie. În caz de urgență contactați colegii.

Απουσιάζω έως 7 Δεκεμβρίου.

Είμαι εκτός γραφείου μέχρι 7 Δεκεμβρίου. Για επείγοντα καλέστε τον κ. Παππά.

Jeg er på ferie til 7. desember.

Olen puhkusel kuni 7. detsember.

Esu atostogose iki gruodžio 7 d.

אני בחופשה עד 7 בדצמבר.

أنا في إجازة حتى 7 ديسمبر.

Tôi đang nghỉ phép đến ngày 7 tháng 12.

Saya sedang cuti sampai 7 Desember.
""".strip().split("\n\n")
CAME = """
Your request (#12345) has been received and is being reviewed by our support staff.

To add additional comments, reply to this email.
--
Sehr geehrte Damen und Herren, vielen Dank für Ihre Anfrage. Diese wird unter der
Ticketnummer 2026112710000012 bearbeitet. (Diese E-Mail wurde automatisch erzeugt)
--
Sehr geehrte Damen und Herren,

vielen Dank für Ihre Anfrage. Wir haben Ihre Nachricht erhalten und bearbeiten sie so
schnell wie möglich.

Mit freundlichen Grüßen
Ihr Service-Team
Hallmann GmbH
--
Votre demande a bien été enregistrée sous le numéro 1234. Ne pas répondre.
--
Thank you for contacting Kunde Ltd. This is an automated response to let you know we
have received your email and will reply within 2 business days.
--
Hello,

Thank you for your message. We have received your request and one of our agents will
get back to you shortly.

Kind regards
The Team
--
Hola,

Gracias por su mensaje. Hemos recibido su solicitud y nos pondremos en contacto.

Saludos
--
Bedankt voor uw bericht. Wij hebben uw melding ontvangen. Wij nemen zo snel mogelijk
contact op.

Met vriendelijke groet
Servicedesk
--
Guten Tag,

Ihre Anfrage ist bei uns eingegangen.
Ticketnummer: 4711

Bitte antworten Sie nicht auf diese E-Mail.
--
Dies ist eine automatisch generierte Nachricht. Ihr Ticket wurde erstellt.
--
Thank you. We received your message and opened case 2.
--
Danke! Ihre Nachricht ist bei uns eingegangen. Ticket-ID: HD-2611-0042

Ihr Service-Team
--
Your ticket has been created. Ticket number: 4711

Kunde Support
""".strip().split("\n--\n")
CAME_AND_MORE = """
Ihre Nachricht ist angekommen, aber der Drucker geht nicht.
Vielen Dank für Ihre Nachricht. Ich habe es probiert, leider ohne Erfolg.
Vielen Dank, ich habe Ihre E-Mail erhalten. Die Datei lässt sich nicht öffnen.
I have received your message. The error is back.
We have received your parts. Please send the invoice.
We received your message. Please come tomorrow.
Ihre Nachricht habe ich erhalten. Bis Freitag bitte nichts ändern.
Danke.
Es geht immer noch nicht.
Your ticket was created wrongly, this is not our device.
Wir haben Ihre Anfrage erhalten. Wir brauchen drei Stück.
Diese E-Mail wurde automatisch gelöscht, bitte noch einmal senden.
Ihr Ticket wurde erstellt, aber falsch zugeordnet.
Your message was received with an empty attachment.
We have received your message but cannot open it.
Ihre Mail haben wir erhalten, die Anlage fehlt aber.
Votre demande a été enregistrée mais le problème persiste.
We have received your request, and our technician will not be there on Friday.
This is an automated message that I get every day, please stop it.
Der Techniker kommt am Freitag. Dies ist eine automatisch generierte E-Mail.
We have received your parcel and it works now, please close the ticket.
We received your message and tried it: it works.
Wir haben Ihre Nachricht erhalten und den Drucker neu gestartet.
Wir haben Ihre Nachricht erhalten. Der Fehler kommt wieder.
Ihr Ticket haben wir erhalten, es handelt sich um das Gerät 4711.
We received your ticket and the answer is 42.
We received your email. Ticket is still open.
We received your email. Ticket number 42 can be closed.
We received your mail and our printer works again.
We received your mail on Friday and our printer works again.
We received your request and will send the device back to you on Monday.
We received your email. Our technician will be back at 10 tomorrow.
We received your email. Please include the order number on the invoice.
Your message received. Works now
Your message received. Yes please
Ihre Nachricht haben wir erhalten. Termin passt
Wir haben Ihre Mail erhalten. Drucker geht wieder
Danke, das Gerät läuft wieder. Wir haben Ihre Mail erhalten.
Ihre Anfrage wurde erfasst. Seriennummer 4711
Ihre Mail habe ich an Herrn Müller weitergeleitet.
Nous avons bien reçu votre message. La panne continue
Hemos recibido su correo. El equipo sigue igual
""".strip().splitlines()
NO_NOTES = """
I am out of office until Monday. Could you call me then?
I am out of office until Monday. Please reset the password meanwhile.
It works, thank you! I am out of office until Monday, so close it.
I am waiting for your reply until Monday.
The printer is out of order until Monday.
Anbei das Protokoll. Ich bin im Urlaub bis 7.12.
Danke, das geht. Ich bin bis Montag im Urlaub, bitte danach schließen.
Ich bin aus dem Urlaub zurück, er geht bis heute nicht. In dringenden Fällen warten wir.
Ich bin nicht erreichbar, die Anlage ist seit 8:00 Uhr tot. Es ist dringend.
Ich bin bis Montag im Büro, danach kommt Frau Kurz.
I am out of the office until Monday. The printer is still broken, we cannot work.
Ich bin bis Montag nicht im Büro. Der Fehler tritt auf, wie im Anhang zu sehen.
I'm out of the office on Friday, but you can come on Monday.
I will be on leave from Monday, the new serial number is 4711.
We are closed on Friday, so come on Monday.
Wir haben am Freitag geschlossen, kommen Sie am Montag wieder.
Unser Büro ist ab 8 Uhr geöffnet, der Drucker ist defekt.
Dobrý den, mám dovolenou do pátku. V naléhavých případech tiskárna netiskne, prosím?
Merhaba, cumaya kadar izindeyim. Yazıcı hâlâ çalışmıyor, bugün gelin.
我正在休假,打印机12月7日前要修好,请尽快处理。
12月7日まで休暇です。プリンターがまだ動きません。
出張中です。12月7日までに修理していただけますか。
我12月7日出差,请在那之前修好打印机。
我下周出差,12月10日回来,打印机还是坏的。
我出差到12月7日,先不发货。
我12月7日出差回来,可以安排安装。
谢谢,问题解决了。我休假到12月7日。
休暇中ですが、12月5日までに見積もりをお願いします。
12月5日まで出張中です。サーバーが止まっています。
12月5日まで出張中です。まだ動かないです。
故障です。12月5日まで出張中です。
고장입니다. 12월 7일까지 출장 중입니다.
휴가 중입니다. 12월 7일까지 프린터를 고쳐 주세요.
12월 7일까지 휴가 중이라 그 전에 끝내야 합니다.
Szabadságon vagyok december 7-ig. Kérem, addig javítsák meg a nyomtatót.
Sunt în concediu până pe 7 decembrie, dar imprimanta nu merge nici acum.
Som na dovolenke do 7. decembra. Tlačiareň stále nefunguje, nič netlačí.
Nisam u uredu do 7. prosinca. Pisač i dalje ne radi, molim popravite.
Είμαι εκτός γραφείου μέχρι 7 Δεκεμβρίου. Ο εκτυπωτής δεν λειτουργεί ακόμα.
Jeg er på ferie til 7. desember. Skriveren virker fortsatt ikke her.
אני בחופשה עד 7 בדצמבר. המדפסת עדיין לא עובדת, נא לתקן אותה.
Saya sedang cuti sampai 7 Desember. Printer masih belum bisa dipakai.
Я у відпустці до 7 грудня. Принтер досі не працює, полагодьте.
I am out of office until Monday, but the printer still does not work.
I am out of office until Monday. Please repair the device and return it by courier.
I'm on vacation until Friday. I will be back on Monday, please call me then.
I'm out of office until Monday. My e-mail was not answered, the pump still leaks badly.
I am away until Monday. Printer is still broken.
Ich bin bis Freitag im Urlaub. Danach bin ich wieder da, bitte Termin am Montag um 10.
Ich bin bis Montag im Urlaub. Meine Mail wurde noch nicht beantwortet, er ist defekt.
Ich bin bis Montag im Urlaub. Geht noch nicht.
""".strip().splitlines()


def mail(subject="Help", email_from="Anna <anna@huber.example>", **headers):
    lines = [f"From: {email_from}", f"Subject: {subject}"]
    lines += [f"{name.replace('_', '-')}: {text}" for name, text in headers.items()]
    return message_from_string(
        "\r\n".join([*lines, "", "Hello", ""]), policy=policy.SMTP
    )


@tagged("post_install", "-at_install")
class TestAutomaticSigns(BaseCase):
    """E07: what a program wrote, and what only came through one."""

    def test_programs(self):
        for headers in (
            {"Auto_Submitted": "auto-generated (by cron)"},
            {"Auto_Submitted": "Auto-Replied; owner-email=x"},
            {"Precedence": "Junk"},
            {"Precedence": "auto_reply"},
            {"Return_Path": "<>"},
            {"X_Autoreply": "yes"},
            {"X_Autorespond": "vacation"},
            {"X_Autoresponse": "yes"},
            {"X_Vacation": "yes"},
            {"X_Cron_Env": "<USER=root>"},
            {"Content_Type": "multipart/report; boundary=x"},
        ):
            self.assertTrue(automatic_sign(mail(**headers)), headers)

    def test_people(self):
        """RFC 3834: "no" means that a person wrote, with or without a comment."""
        for headers in (
            {},
            {"Auto_Submitted": "no"},
            {"Auto_Submitted": "no (a person)"},
            {"X_Autoreply": "no"},
            {"X_Autorespond": "None"},
            {"Precedence": "first-class"},
            {"Precedence": "bulk"},
            {"Return_Path": "<anna@huber.example>"},
            {"List_Id": "<x.example>"},
            {"X_Loop": "rt@huber.example"},
            SUPPRESS,
            # a colleague's rule sent on what somebody wrote
            {**RULE, "Resent_From": "<agent@helpdesk.example>"},
            {**RULE, **SUBMITTED, **RULE_OF, "Resent_From": "<agent@helpdesk.example>"},
            # without naming who: what the mailbox itself answers comes from it
            {**RULE, **RULE_OF},
            {**RULE, **SUBMITTED, **RULE_OF, **SUPPRESS, **ANSWERS},
            # or by forwarding it
            {**RULE, **SUBMITTED, **RULE_OF, "subject": "WG: Hilfe"},
            {**RULE, **SUBMITTED, "subject": "[EXT] Fw: Help", **ANSWERS},
        ):
            self.assertEqual(automatic_sign(mail(**headers)), "", headers)
        answer = {"email_from": "Agent <agent@helpdesk.example>", **RULE_OF}
        for headers in (
            {},
            answer,
            {**answer, **SUBMITTED, **SUPPRESS, **ANSWERS},
            # that rule of hers answers what was sent on to her
            {**SUBMITTED, **answer, "X-MS-Exchange-Inbox-Rules-Loop": "x@y.example"},
            {**RULE_OF, "Auto_Submitted": "auto-replied"},
        ):
            self.assertTrue(automatic_sign(mail(**RULE, **headers)), headers)

    def test_absence_notes_and_receipts_of_many_languages(self):
        """No header says what they are but for one more sign."""
        for subject in (
            "Automatic reply: Question",
            "Automatische Antwort: Frage",
            "=?utf-8?q?R=C3=A9ponse_automatique_=3A_question?=",
            "Respuesta automática: pregunta",
            "Automatisch antwoord: vraag",
            "Risposta automatica: domanda",
            "Odpowiedź automatyczna: pytanie",
            "Resposta automática: pergunta",
            "Automatiskt svar: fråga",
            "Automatisk svar: spørgsmål",
            "Automatická odpověď: otázka",
            "Automatikus válasz: kérdés",
            "Автоматический ответ: вопрос",
            "自動応答: 質問",
            "自动回复: 问题",
            "תשובה אוטומטית: שאלה",
            "การตอบกลับอัตโนมัติ: คำถาม",
            "Balasan Automatik: soalan",
            "Sjálfvirkt svar: spurning",
            "Erantzun automatikoa: galdera",
            "Ateb Awtomatig: cwestiwn",
            "Автоматты жауап: сұрақ",
            "Автоматски одговор: прашање",
            "Аўтаматычны адказ: пытанне",
            "پاسخ خودکار: پرسش",
            "स्वचालित उत्तर: प्रश्न",
            "স্বয়ংক্রিয় উত্তর: প্রশ্ন",
            "Përgjigje automatike: pyetje",
            "ავტომატური პასუხი: კითხვა",
            "Ավտոմատ պատասխան: հարց",
            "Avtomatik cavab: sual",
            "Freagra uathoibríoch: ceist",
            "Tweġiba awtomatika: mistoqsija",
            "Awtomatikong tugon: tanong",
            "Jibu otomatiki: swali",
            "Automatesch Äntwert: Fro",
            "Outomatiese antwoord: vraag",
            "Out of Office: Question",
            "Abwesend: Re: Frage",
            "Absence du bureau : question",
            "Fuera de la oficina: pregunta",
            "Fuori sede: domanda",
            "Afwezigheidsmelding: vraag",
            "Poza biurem: pytanie",
            "Fora do escritório: pergunta",
            "Frånvaro: fråga",
            "Fravær: spørgsmål",
            "Mimo kancelář: otázka",
            "Jürgen Baumann ist außer Haus.",
            "AUTO: Klara Huber is out of the office (returning 07/12/2026)",
            "Gelesen: eine Frage",
            "Read: Question",
            "Lu : question",
            "Leído: pregunta",
            "Letto: domanda",
            "Gelezen: vraag",
            "Läst: fråga",
            "Přečteno: otázka",
            "Return Receipt (displayed) - Question",
            "Empfangsbestätigung (angezeigt) - Frage",
            "Accusé de réception (affiché) - question",
            "Acuse de recibo (mostrado) - pregunta",
            "Thank you for contacting us!",
            "Ticket received: Question",
            "Vielen Dank für Ihre Nachricht",
            "Merci pour votre message",
            "Gracias por contactar con nosotros",
            "Your email requires verification verify#abc123",
            "Please verify your message to Anna",
            "Automatic vacation reply",
            "Automatische Abwesenheitsnotiz Re: Frage",
        ):
            for sign in (ANSWERS, SUPPRESS):
                self.assertTrue(automatic_sign(mail(subject, **sign)), subject)
            self.assertEqual(automatic_sign(mail(subject)), "", subject)

    def test_the_text_says_it(self):
        for subject, text in (
            ("Klara Huber ist außer Haus.", "Ich bin bis 7.12. nicht im Büro."),
            ("Risposta automatica: domanda", "Sono in ferie fino a lunedì."),
            ("Automatische Antwort: [TS2611-0001] Frage", "Ich lese bald."),
            ("Read: [HD00012] Question", ""),
            ("Gelesen: Frage", "Ihre Nachricht wurde am 27.11. gelesen."),
            ("Read: Question", "Your message was read on Friday."),
            ("Return Receipt (displayed) - x", "This is a Return Receipt for the mail"),
            ("Recall: Question", 'Klara would like to recall the message, "Question".'),
            ("Rückruf: Frage", "Klara möchte die Nachricht „Frage“ zurückrufen."),
        ):
            self.assertTrue(automatic_sign(mail(subject), lambda text=text: text))

    def test_people_write_such_subjects_too(self):
        for subject, text, headers in (
            ("Automatische Antwort: wie?", "Bitte einrichten.", {}),
            ("Urlaub", "Ich bin im Urlaub, bitte Postfach an Jan geben.", {}),
            ("Frau Meier ist im Urlaub", "Bitte Vertretung einrichten.", {}),
            ("AW: Automatische Antwort: Frage", "Ja.", ANSWERS),
            ("Re: Out of office does not work", "It still does not.", ANSWERS),
            ("Read access to the folder", "Please.", ANSWERS),
            ("Read (the whole of) it", "Please.", ANSWERS),
            ("Auto: [KFZ-17] Unfall", "Der Wagen steht in Bonn.", {}),
            ("Abwesenheit Meier [4711]", "Bitte eintragen.", {}),
            ("Frau Meier ist im Urlaub [4711]", "Bitte Vertretung einrichten.", {}),
            ("Delivered: [PO-4711]", "It came, but the box is empty.", {}),
            ("Autobahn gesperrt", "Komme später.", ANSWERS),
            ("Rückruf: Frau Meier", "Bitte rufen Sie mich zurück.", ANSWERS),
            ("Vielen Dank für Ihre Hilfe!", "Es geht wieder.", ANSWERS),
            ("Re: Thank you for your message", "Any news?", ANSWERS),
            ("Thank you for your message", "It is about the printer.", {}),
        ):
            sign = automatic_sign(mail(subject, **headers), lambda text=text: text)
            self.assertEqual(sign, "", subject)

    def test_absence_notes_by_their_text(self):
        """E07: an answer that says until when, or whom to ask, and no more."""
        for text in NOTES:
            for subject, headers in (
                ("Re: [TS-1] x", {}),
                ("回复：[TS-1] x", {}),
                ("x", ANSWERS),
            ):
                sign = automatic_sign(mail(subject, **headers), lambda text=text: text)
                self.assertTrue(sign.startswith(BY_TEXT), text)
            self.assertEqual(automatic_sign(mail("x"), lambda text=text: text), "")

    def test_people_who_are_away_have_something_to_say(self):
        for text in NO_NOTES:
            sign = automatic_sign(mail("Re: x", **ANSWERS), lambda text=text: text)
            self.assertEqual(sign, "", text)

    def test_acknowledgements_by_their_text(self):
        """E07: an answer that says that our mail came, and nothing else."""
        for text in CAME:
            sign = automatic_sign(mail("x", **ANSWERS), lambda text=text: text)
            self.assertEqual(sign, ACKNOWLEDGED, text)
            self.assertEqual(automatic_sign(mail("x"), lambda text=text: text), "")
        for text in CAME_AND_MORE:
            sign = automatic_sign(mail("Re: x", **ANSWERS), lambda text=text: text)
            self.assertEqual(sign, "", text)

    def test_reports_about_a_domain(self):
        """RFC 7489: what other servers write once a day; people ask about it, too."""
        subject = "Report Domain: huber.example Submitter: x.example Report-ID: <1@x>"
        self.assertTrue(automatic_sign(mail(subject)))
        self.assertEqual(automatic_sign(mail("Report domain: what is it?")), "")

    def test_reactions(self):
        """Outlook and Gmail send what somebody clicked on; it asks for nothing."""
        for sentence in (
            "Anna reacted via Gmail",
            "👍 Anna reacted to your message:",
            "Anna hat auf Ihre Nachricht reagiert:",
            "❤️ Anna a réagi à votre message :",
            "Anna reaccionó a su mensaje:",
            "Anna ha reagito al tuo messaggio:",
        ):
            text = f"👍\n\n{sentence}\n\n> Could you send us the number?"
            sign = automatic_sign(mail("Re: Q", **ANSWERS), lambda text=text: text)
            self.assertTrue(sign, sentence)

    def test_people_write_of_reactions_too(self):
        for text, headers in (
            ("Anna reacted to your message:", {}),
            ("Bernd reacted to your message.", ANSWERS),
            ("Anna reacted to your message: the pump is loud again.", ANSWERS),
            ("Hello,\n\nyes.\n\nKind regards\nAnna reacted via Gmail", ANSWERS),
        ):
            sign = automatic_sign(mail("Re: Q", **headers), lambda text=text: text)
            self.assertEqual(sign, "", text)

    def test_wish_for_no_answer(self):
        self.assertTrue(suppress_sign(mail(X_Auto_Response_Suppress="DR, OOF")))
        self.assertEqual(suppress_sign(mail(X_Auto_Response_Suppress="None")), "")

    def test_hostile_subjects(self):
        """rel-C1: whatever stands in it, it is read to its bounds."""
        for text in (
            "auto" * 5000,
            "ist " * 5000,
            "=?utf-8?b?" + "A" * 5000,
            "9: " * 9000,
        ):
            automatic_sign(mail(text, **ANSWERS), lambda text=text: text * 100)

    # -- many recipients ---------------------------------------------------------------

    def test_one_sign_is_no_newsletter(self):
        """E07: people write with a CRM, a ticket system, through a list."""
        for headers in (
            {"List_Unsubscribe": "<https://crm.example/u/1>"},
            {"Precedence": "bulk", "X_RT_Loop_Prevention": "huber"},
            {"Precedence": "list", "List_Id": "<all.huber.example>"},
            {"X_Loop": "rt@huber.example"},
            {"Feedback_ID": "1:crm"},
        ):
            message = mail(**headers)
            self.assertEqual(newsletter_sign(message), "", headers)
            self.assertTrue(many_signs(message), headers)
        self.assertEqual(many_signs(mail()), [])

    def test_what_a_sending_service_adds(self):
        """It is in all mails that a ticket system or an office sends through it."""
        for value in ("1.eu-west-1.abc=:AmazonSES", "12345:SG"):
            for more in ({"Precedence": "bulk"}, {"List_Unsubscribe": "<x>"}):
                message = mail(Feedback_ID=value, **more)
                self.assertEqual(newsletter_sign(message), "", more)

    def test_newsletters(self):
        for headers in (
            CAMPAIGN,
            {"List_Unsubscribe": "<x>", "Feedback_ID": "1:news"},
            {**CAMPAIGN, "List_Post": "NO", "Precedence": "list"},
            {**GOOGLE_GROUP, "Feedback_ID": "1:news"},
            # it is sent by itself, or calls itself bulk
            {**MICROSOFT_GROUP, "Sender": "news@shop.example"},
            {**MICROSOFT_GROUP, "Sender": "bounces@list.shop.example"},
            {**MICROSOFT_GROUP, "Precedence": "bulk"},
        ):
            sign = newsletter_sign(mail(email_from="news@shop.example", **headers))
            self.assertIn(", ", sign, headers)

    def test_people_in_a_list(self):
        """A list whose members write to each other sends what people write."""
        message = mail(**GOOGLE_GROUP)
        self.assertTrue(is_discussion(message))
        self.assertEqual(newsletter_sign(message), "")
        message = mail(
            Precedence="list", List_Id="<it.huber.example>", List_Unsubscribe="<x>"
        )
        self.assertEqual(newsletter_sign(message), "")
        # a group is the Sender of what its members write to it
        unsubscribe = {"List_Unsubscribe": "<mailto:it@huber.example?subject=off>"}
        for headers in (
            MICROSOFT_GROUP,
            {**unsubscribe, "Precedence": "list", "To": "it@huber.example"},
        ):
            message = mail(**{"Sender": "IT <it@huber.example>", **headers})
            self.assertEqual(newsletter_sign(message), "", headers)
            self.assertTrue(many_signs(message))

    def test_list_in_front_of_our_mailbox(self):
        """Its headers say nothing about who wrote."""
        for headers in (
            {**GOOGLE_GROUP, "Mailing_list": f"list {SENDER_ADDRESS}"},
            {**CAMPAIGN, "List_ID": "Support <support.helpdesk.example>"},
            {"X_Loop": SENDER_ADDRESS, "Precedence": "list"},
            {"Precedence": "bulk", "List_Post": "<mailto:all@helpdesk.example>"},
        ):
            self.assertEqual(many_signs(mail(**headers), OWN.names), [], headers)
        self.assertTrue(many_signs(mail(**GOOGLE_GROUP), OWN.names))

    def test_names_of_a_list(self):
        names = list_names(mail(**GOOGLE_GROUP))
        self.assertIn("it@huber.example", names)
        self.assertIn("it.huber.example", names)
        self.assertEqual(list_names(mail()), ())


@tagged("post_install", "-at_install")
class TestAutomaticMail(TicketCommon):
    """What the signs mean for a ticket, without the collector too (T13, E07)."""

    def _close_and_answer(self, subject, **headers):
        with self.mock_mail_gateway():
            ticket = self._mail_in(subject)
            ticket.action_close()
            question = ticket.message_ids.filtered(
                lambda message: message.message_type == "email"
            )
            self._mail_in(f"Re: {subject}", In_Reply_To=question.message_id, **headers)
        return ticket

    def test_answer_that_denies_to_be_automatic(self):
        """T13: it reopens its ticket like any other answer."""
        for subject, headers in (
            ("Printer", {"X_Autoreply": "no"}),
            ("Screen", {"Auto_Submitted": "no (a person)"}),
        ):
            ticket = self._close_and_answer(subject, **headers)
            self.assertEqual(ticket.state, "in_progress")

    def test_answer_through_programs(self):
        """E07: a list, a ticket system, a CRM: a person wrote it."""
        for subject, headers in (
            ("Printer", GOOGLE_GROUP),
            ("Screen", CAMPAIGN),
            ("Telephone", {"Precedence": "bulk"}),
        ):
            ticket = self._close_and_answer(subject, **headers)
            self.assertEqual(ticket.state, "in_progress")

    def test_automatic_answer(self):
        for subject, headers in (
            ("Printer", {"Auto_Submitted": "auto-replied"}),
            ("Screen", {"X_Autoreply": "yes"}),
        ):
            ticket = self._close_and_answer(subject, **headers)
            self.assertEqual(ticket.state, "closed")

    def test_no_acknowledgement_to_a_program(self):
        """rel-H1: whichever way its mail becomes a ticket."""
        values = {"name": "Disk full", "partner_email": "robot@huber.example"}
        tickets = self.env["helpdesk.ticket"]
        with self.mock_mail_gateway():
            tickets.with_context(helpdesk_automatic_mail=Inside()).create(values)
        self.assertFalse(self._new_mails)
        with self.mock_mail_gateway():
            tickets.create(values)
        self.assertTrue(self._new_mails)
