from unittest.mock import patch

from odoo.tests import BaseCase

from .. import language
from ..language import MAX_CHARACTERS, detect_language, own_words
from .language_samples import SUPPORT_LANGUAGES, read_samples, score

DISCLAIMER = (
    "This e-mail is confidential. If you are not the intended recipient, please"
    " notify the sender and delete it."
)


class TestLanguage(BaseCase):
    """K06: the language of a mail."""

    def _detect(self, text, candidates=SUPPORT_LANGUAGES):
        return detect_language(text, candidates)

    def test_samples(self):
        """The bounds are a little below what readme/DEVELOP.md says was measured."""
        samples = read_samples()
        for code in SUPPORT_LANGUAGES:
            self.assertGreaterEqual(sum(name == code for name, _text in samples), 50)
        found = score(samples, self._detect)
        supported = len(found["right"]) + len(found["wrong"]) + len(found["missed"])
        others = len(found["other"]) + len(found["other_wrong"])
        self.assertGreaterEqual(others, 30)
        self.assertGreaterEqual(len(found["right"]) / supported, 0.96, found["missed"])
        self.assertLessEqual(len(found["wrong"]) / supported, 0.01, found["wrong"])
        self.assertGreaterEqual(
            len(found["other"]) / others, 0.96, found["other_wrong"]
        )

    def test_another_language_is_none(self):
        self.assertIsNone(self._detect("La stampante non funziona da questa mattina."))
        self.assertIsNone(self._detect("Drukarka nie działa od wczoraj, pomocy."))
        self.assertIsNone(self._detect("Принтер не работает, помогите."))

    def test_another_language_may_be_a_support_language(self):
        for text, code in (
            ("La stampante non funziona da questa mattina.", "it"),
            ("Skriveren virker ikke lenger, kan dere hjelpe?", "nb"),
            ("Bon dia, non podo entrar na miña conta dende onte.", "gl"),
            ("Принтер не работает, помогите пожалуйста.", "ru"),
            ("您好，打印机无法工作，请帮忙。", "zh"),
        ):
            with self.subTest(code=code):
                self.assertEqual(self._detect(text, ("de", "en", code)), code)

    def test_too_little_is_none(self):
        for text in ("", None, " \n", "ok", "VPN", "4711", "Re: Invoice", ">", "\0"):
            with self.subTest(text=text):
                self.assertIsNone(self._detect(text))

    def test_candidates_that_the_model_does_not_know(self):
        text = "Der Drucker geht nicht mehr."
        self.assertIsNone(self._detect(text, ()))
        self.assertIsNone(self._detect(text, ("qq",)))
        self.assertEqual(self._detect(text, ("qq", "de")), "de")

    def test_signature_does_not_decide(self):
        for end in (
            "Best regards\nAnna Huber\nHead of Sales, Globex Europe Ltd.",
            "--\nAnna Huber\nWe make your business grow every day",
            "Sent from my iPhone",
        ):
            with self.subTest(end=end):
                self.assertEqual(
                    own_words(f"Drucker kaputt\n\n{end}"), "Drucker kaputt"
                )
        self.assertIsNone(self._detect("Mit freundlichen Grüßen\nAnna Huber"))

    def test_history_does_not_decide(self):
        quoted = "Please could you try to sign in again and let us know?"
        for head in (
            "On Tue, 4 Mar 2025 at 10:12, Support <\nsupport@helpdesk.example> wrote:",
            "Am 04.03.25 um 10:12 schrieb Support:",
            "Le mar. 4 mars 2025 à 10:12, Support <s@helpdesk.example> a écrit :",
            "El mar, 4 mar 2025 a las 10:12, Support (<s@h.example>) escribió:",
            "*Von:* Support\n*Gesendet:* Montag, 3. März 2025",
            "From: Support\nSent: Monday, March 3, 2025",
            "De : Support\nEnvoyé : lundi 3 mars 2025",
            "De: Support\nEnviado: lunes, 3 de marzo de 2025",
            "-----Ursprüngliche Nachricht-----",
        ):
            text = f"Geht leider nicht\n\n{head}\n{quoted}"
            with self.subTest(head=head):
                self.assertEqual(own_words(text), "Geht leider nicht")
                self.assertEqual(self._detect(text), "de")

    def test_answers_between_quoted_lines_count(self):
        text = (
            "On 4 March, S wrote:\n> Which one?\nDas neue Gerät.\n> And when?\nHeute."
        )
        self.assertEqual(own_words(text), "Das neue Gerät. Heute.")

    def test_disclaimer_does_not_decide(self):
        for text in (
            f"Drucker kaputt\n\n{DISCLAIMER}\n\nDiese E-Mail ist vertraulich.",
            f"Drucker kaputt\n{DISCLAIMER}",
            f"Drucker kaputt! {DISCLAIMER}",
            f"{DISCLAIMER}\n\nDrucker kaputt!",
        ):
            with self.subTest(text=text):
                self.assertEqual(own_words(text).rstrip("!"), "Drucker kaputt")

    def test_what_machines_wrote_does_not_decide(self):
        text = (
            "Geht nicht:\n2025-03-04 09:11:22,123 ERROR the connection was refused\n"
            "https://files.example/please/open/this C:\\Users\\anna\\the_report.pdf\n"
            'Es heißt "Your account has been locked." bei a.huber@huber.example'
        )
        self.assertEqual(own_words(text), "Geht nicht: Es heißt bei")

    def test_what_only_looks_like_an_end_stays(self):
        for text in (
            "LG Monitor flackert",
            "Regards the invoice from May: it is wrong",
            "Danke für die Hilfe, es geht wieder",
            "Von: unserem Kunden\nkam die Frage nach dem Preis",
        ):
            with self.subTest(text=text):
                self.assertEqual(own_words(text), " ".join(text.split()))

    def test_hostile_text_is_cut(self):
        size = 1024 * 1024
        for part in (
            "> ",
            "On 1 ",
            "From: x\n",
            '"',
            "a",
            "viele ",
            "\n",
            "\ud800",
            "<",
        ):
            with self.subTest(part=part):
                text = part * (size // len(part))
                self.assertLessEqual(len(own_words(text)), MAX_CHARACTERS)
                self._detect(text)
        self.assertEqual(own_words("Hallo\n" + "> " * size), "Hallo")

    def test_model_is_loaded_once(self):
        with (
            patch.object(language, "_identifier", None),
            patch.object(language, "_load", wraps=language._load) as load,
        ):
            self.assertIsNone(self._detect("ok"))
            load.assert_not_called()
            self._detect("Der Drucker geht nicht mehr.")
            self._detect("The printer does not work.", ("en", "fr"))
            load.assert_called_once()
