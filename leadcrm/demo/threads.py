"""What was said in the demo offices, beside what the flow says by itself."""

# ruff: noqa: E501  # prose is wrapped where it reads well

from dataclasses import dataclass

When = tuple[int, str] | int  # days ago and the office's clock, or minutes ago


@dataclass(frozen=True)
class Said:
    """A message: `who` is a colleague's first name in lower case, or `lead`. `fate` is how sending it ended."""

    lead: str
    when: When
    who: str
    text: str
    channel: str = "email"
    subject: str = ""
    fate: str = "sent"  # sent, failed:<reason>, unknown:<reason>
    leaves_in_days: int = 0  # a message for later: days from now at ten, the lead's clock


@dataclass(frozen=True)
class Noted:
    """A private note."""

    lead: str
    when: When
    who: str
    text: str
    channel: str | None = None


@dataclass(frozen=True)
class Handled:
    """What a colleague did with a thread: `assign`, `snooze` or `close`."""

    lead: str
    when: When
    who: str
    deed: str
    channel: str = "email"


@dataclass(frozen=True)
class Looked:
    """A page of the office's site that the lead looked at."""

    lead: str
    when: When
    page: str
    kind: str = "page"
    who: str = "lead"


UNREAD = (  # whose last words nobody has opened yet; the owners' first, then of those that are nobody's
    "naledi", "mei", "isabel", "samuel", "david", "peter", "amara", "victor", "alice", "beatrix",
    "hannah", "george", "nina",
)  # fmt: skip

ACME = (
    Said("naledi", (10, "05:40"), "lead",
         "Good morning Rosa,\n\nthank you for the quick answer. We would like to see the flat before the end of the "
         "month. Is the parking bay included in the price?\n\nKind regards,\nNaledi"),
    Said("naledi", (10, "09:15"), "rosa",
         "Hi Naledi,\n\nyes, one covered bay is included, and a second one is for rent in the building. I can show you "
         "the flat on Thursday at 11:00 or Friday at 15:30, Cape Town time. Which one suits you?\n\nRosa",
         subject="Re: the sea-view flat in Camps Bay"),
    Said("naledi", (9, "06:05"), "lead", "Thursday at 11 is perfect. My husband will join by video."),
    Noted("naledi", (9, "09:30"), "rosa", "Cash buyer, sold their house in Durban. Wants to sign before the holidays.",
          "email"),
    Said("naledi", (6, "10:20"), "rosa", "Hi Naledi, it was good to meet you. The levy statement is on its way to you.",
         channel="whatsapp"),
    Said("naledi", 48, "lead",
         "Hi Rosa, we have decided: we want to make an offer. Can we talk today? 🙂", channel="whatsapp"),

    Looked("naledi", (10, "05:52"), "/homes/camps-bay-sea-view"),
    Looked("naledi", (7, "18:20"), "/homes/camps-bay-sea-view/plan"),
    Looked("naledi", (7, "18:24"), "/pricing", "pricing"),
    Looked("naledi", 61, "/homes/camps-bay-sea-view"),

    Said("oliver", (10, "06:30"), "lead",
         "Dear Ben,\n\nwe move from London in March with two children. Is Kensington Gardens within walking distance, "
         "and would the owners let us measure the nursery?\n\nBest wishes,\nOliver Hartley"),
    Said("oliver", (10, "09:02"), "ben",
         "Dear Oliver,\n\nseven minutes on foot to the gardens. The owners are happy for you to measure; I have asked "
         "for Saturday morning. Shall I confirm 10:00?\n\nBen", subject="Re: the mews house in Kensington"),
    Said("oliver", (9, "05:55"), "lead", "Please do. We will all come."),
    Handled("oliver", (9, "09:00"), "ben", "assign"),
    Said("oliver", (3, "09:10"), "ben",
         "Dear Oliver,\n\nhere is what the surveyor said: the roof was renewed in 2019, the damp in the cellar is old "
         "and dry. The full report follows tomorrow.\n\nBen", subject="Re: the mews house in Kensington"),

    Said("grace", (9, "12:10"), "lead",
         "Hi Ben! Our bank says we are pre-approved up to 1.2. Does the board of the building take pied-à-terre "
         "buyers?"),
    Said("grace", (9, "13:45"), "ben",
         "Hi Grace,\n\ncongratulations! The board does, with one interview. I will send you their form, it has four "
         "pages.\n\nBen", subject="Re: the two-bedroom on West 83rd Street"),
    Said("grace", (8, "08:20"), "lead", "Form is filled in. Where do I send it?"),
    Said("grace", (8, "09:05"), "ben", "Straight to me, I will hand it in today.",
         subject="Re: the two-bedroom on West 83rd Street"),
    Noted("grace", (8, "09:20"), "ada", "Great one, Ben. Tell the board we can close within 30 days."),
    Said("grace", (2, "10:00"), "ben",
         "Hi Grace,\n\nthe board meets on the 3rd. Nothing for you to do until then.\n\nBen",
         subject="Re: the two-bedroom on West 83rd Street"),

    Said("tiago", (9, "10:30"), "lead", "Olá Rosa, is the house rented out at the moment? I want to keep the tenants.",
         channel="sms"),
    Said("tiago", (9, "11:00"), "rosa", "Hi Tiago, yes, until June next year at 1,450 a month. Rosa, Acme Realty",
         channel="sms"),
    Handled("tiago", (9, "11:05"), "rosa", "snooze", "sms"),

    Said("harper", (8, "14:00"), "ben",
         "Hi Harper,\n\nthe seller of the bungalow came down by 25,000 this morning. Do you want to see it again before "
         "the weekend?\n\nBen", subject="A new price for the bungalow in Silver Lake"),
    Said("harper", (8, "19:35"), "lead", "Ooh, yes please. Friday after 4?"),
    Said("harper", (7, "09:10"), "ben", "Friday, 4:30 pm, at the house. See you there!",
         subject="Re: A new price for the bungalow in Silver Lake"),
    Handled("harper", (5, "17:30"), "ben", "close"),

    Said("ingrid", (8, "03:20"), "lead",
         "Guten Tag Mr. Carter,\n\nI am not in New York before December. Do you offer a video tour?\n\nIngrid Bauer"),
    Said("ingrid", (8, "09:25"), "ben",
         "Guten Tag Ms. Bauer,\n\nwe do. I will walk through with a camera whenever it is evening in Berlin; tomorrow at "
         "18:00?\n\nBen Carter", subject="Re: the loft in Tribeca"),

    Said("jackson", (8, "12:30"), "max",
         "Jackson, the dock permit for the lake house came through. That was the last open point on your list. Max",
         channel="sms"),
    Said("jackson", (8, "12:41"), "lead", "Great. Send me the contract.", channel="sms"),
    Said("jackson", (7, "10:00"), "max",
         "Hi Jackson,\n\nthe contract is with your lawyer, with a copy for you. Two dates are marked yellow; please check "
         "those first.\n\nMax", subject="Contract for the lake house"),

    Said("amara", (7, "08:50"), "lead",
         "Good morning Ada,\n\nmy neighbours sold for 2.9 in spring. What would you list mine at? The garden is bigger, "
         "the kitchen older.\n\nAmara"),
    Said("amara", (7, "09:30"), "ada",
         "Good morning Amara,\n\nwith your garden I would start at 3.1 and expect 2.95. I can bring the comparison on "
         "paper on Wednesday and we walk through the house together.\n\nAda",
         subject="Re: selling a brownstone in Harlem"),
    Said("amara", (6, "08:05"), "lead", "Wednesday at 9 works. I will have coffee ready."),
    Noted("amara", (4, "11:00"), "ada", "Signed the exclusive for 90 days. Photographer is booked for Friday."),
    Said("amara", (1, "09:00"), "ada",
         "Good morning Amara,\n\nthe photographs are in, they are lovely. I send you the first listing text on Thursday, "
         "so that you can change it before anybody else sees it.\n\nAda",
         subject="Photographs of your house"),
    Said("amara", (1, "09:10"), "ada",
         "Good morning Amara,\n\nhere is the listing text, as promised. Change whatever you like.\n\nAda",
         subject="Your listing text", leaves_in_days=2),
    Said("amara", 34, "lead",
         "Ada, they are beautiful, thank you. My brother asks whether we can hold the open house back until his family "
         "has moved out, that is the 12th. Would that cost us buyers?\n\nAmara"),

    Said("marcus", (6, "12:00"), "ben",
         "Hi Marcus,\n\nthe floor plan of the duplex, with the measurements of the garage: two cars fit if one of them is "
         "small.\n\nBen", subject="Floor plan of the duplex",
         fate="failed:550 5.1.1 The mailbox does not exist"),
    Noted("marcus", (6, "12:20"), "ben", "Mail bounced. Called him: he will text me his new address.", "email"),

    Said("yasmin", (6, "06:15"), "lead",
         "Hello Ada, please only by WhatsApp, I travel a lot. Is the roof terrace private?", channel="whatsapp"),
    Said("yasmin", (6, "09:00"), "ada", "Hello Yasmin, of course. It is private, with its own stairs from the kitchen.",
         channel="whatsapp"),
    Said("yasmin", (5, "07:40"), "lead", "Good. I am in New York from the 2nd to the 6th.", channel="whatsapp"),
    Said("yasmin", (5, "09:05"), "ada", "I keep the 3rd at 14:00 free for you, and send the address the day before.",
         channel="whatsapp"),
    Said("yasmin", (2, "09:10"), "ada", "One question before the 3rd: does your adviser come along?",
         channel="whatsapp", fate="unknown:The connection broke after the message was handed over"),

    Said("zanele", (5, "07:25"), "lead",
         "Hi Rosa, which school zone is the house in? We have a grade 3 and a grade 6.", channel="whatsapp"),
    Said("zanele", (5, "09:00"), "rosa",
         "Hi Zanele, both schools are in the zone, six minutes by car. I send you the map.", channel="whatsapp"),
    Said("zanele", (5, "10:10"), "lead", "That decides it. When can we come?", channel="whatsapp"),
    Said("zanele", (4, "09:00"), "rosa", "Saturday 10:00, I will be at the gate.", channel="whatsapp"),

    Said("peter", (6, "17:12"), "lead",
         "Hello,\n\nI have two flats in Astoria that I want to sell together, both rented. Do you do that? My sister "
         "recommended you.\n\nPeter Novotny", subject="Two flats in Astoria"),
    Said("peter", (5, "09:20"), "max",
         "Hello Peter,\n\nwe do, and together they usually bring more than one by one. Could you send me the two rent "
         "rolls?\n\nMax", subject="Re: Two flats in Astoria"),
    Said("peter", 95, "lead", "Here are the figures: 2,150 and 2,400 a month, both until August.\n\nPeter",
         subject="Re: Two flats in Astoria"),

    Said("james", (4, "11:15"), "ben",
         "Hi James,\n\nthe corner flat is open on Sunday from 1 to 3. I can let you in at 12:30, before everybody "
         "else.\n\nBen", subject="Bleecker Street on Sunday"),
    Said("james", (4, "16:50"), "lead", "12:30 it is. Thanks, Ben."),

    Said("mei", (3, "15:00"), "ben",
         "Hi Mei,\n\nthe solar panels of the Venice house are paid off and stay with it. That answers your last question, "
         "I think.\n\nBen", subject="Re: the modern house in Venice"),
    Said("mei", 61, "lead",
         "Hi Ben,\n\nit does. We talked it over at the weekend and we would offer 1.85, with 30 days. Is that an insult or "
         "a start?\n\nMei"),

    Said("isabel", (2, "06:30"), "lead", "Bom dia! Are pets allowed in the building? We have a (big) dog.",
         channel="whatsapp"),
    Said("isabel", (2, "09:00"), "rosa", "Good morning Isabel, one dog is fine, whatever its size. I asked.",
         channel="whatsapp"),
    Said("isabel", 24, "lead", "Wonderful! Then we would love to see it on the 28th.", channel="whatsapp"),

    Said("fatima", (2, "10:40"), "ben",
         "Hi Fatima,\n\nGrace's offer for the flat was accepted, I am sorry. The same line, one floor up, comes on the "
         "market next week. Shall I put you first?\n\nBen", subject="West 83rd Street"),
    Noted("fatima", (2, "10:45"), "ben", "Keep her warm: next flat in the line, 5B, listing on Monday."),

    Said("camille", (3, "11:20"), "lead", "STOP", channel="sms"),

    Said("samuel", 140, "lead",
         "Hi Ben, thanks for the mail. The duplex is nice but we need three bedrooms. Anything else in Park Slope?"),

    Said("david", 18, "lead", "That was quick! Yes, please call me tomorrow between 12 and 1.\n\nDavid"),

    Said("victor", (1, "10:20"), "ada", "Good morning Victor, the penthouse has a second viewing on Friday. Shall I keep "
         "you a place before that?", channel="whatsapp"),
    Said("victor", 7, "lead", "Yes please. Thursday evening, São Paulo is only two hours ahead.", channel="whatsapp"),

    Said("hannah", 12, "lead",
         "Hello,\n\nI saw the farmhouse again on Sunday from the road. Is the barn part of it, and may it be rebuilt as a "
         "studio? I would come from Berlin for it.\n\nHannah Schmidt"),
    Said("george", 44, "lead",
         "Good day. The shop is for my son's bakery, so the question is the chimney. Who can I ask about it?\n\n"
         "George Papadakis"),
    Said("nina", 156, "lead", "Hi! Is the bungalow still free, and could I see it on a weekday after six?", channel="sms"),
)  # fmt: skip

RIVAL = (
    Said("alice", (5, "06:10"), "lead", "Hello Rita, is the cottage still available?"),
    Said("alice", (5, "07:00"), "rita", "Hello Alice,\n\nit is. Tomorrow at noon?\n\nRita",
         subject="Re: the cottage in Dulwich"),
    Said("alice", 52, "lead", "Hello Rita, it was worth the trip. What did the neighbours pay for theirs?\n\nAlice"),
    Said("beatrix", 21, "lead", "Dear Rob, is the mews quiet at night? I work early shifts.\n\nBeatrix Lowe"),
)  # fmt: skip
