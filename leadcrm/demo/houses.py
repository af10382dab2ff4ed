"""Who asked about which house: the leads of the demo offices."""

import unicodedata
from dataclasses import dataclass

NEW_YORK, CHICAGO, DENVER, LOS_ANGELES = "America/New_York", "America/Chicago", "America/Denver", "America/Los_Angeles"
LONDON, LISBON, BERLIN = "Europe/London", "Europe/Lisbon", "Europe/Berlin"
CAPE_TOWN, SYDNEY, DUBAI, SAO_PAULO = "Africa/Johannesburg", "Australia/Sydney", "Asia/Dubai", "America/Sao_Paulo"


@dataclass(frozen=True)
class Asker:
    """A lead as it came in. `came` is when: days ago and the office's clock, or minutes ago for today's."""

    key: str
    first_name: str
    last_name: str
    phone: str
    zone: str
    interest: str
    source: str
    owner: str  # first name in lower case; "" for nobody
    came: tuple[int, str] | int
    score: int = 0
    status: str = ""  # set by hand a day later; a reason follows a colon
    tags: tuple[str, ...] = ()
    company: str = ""

    @property
    def email(self) -> str:
        plain = unicodedata.normalize("NFKD", f"{self.first_name}.{self.last_name}").encode("ascii", "ignore").decode()
        return plain.lower().replace(" ", "").replace("'", "") + "@example.com"


ACME = (
    Asker("naledi", "Naledi", "Mokoena", "+27825550134", CAPE_TOWN, "the sea-view flat in Camps Bay", "survey",
          "rosa", (11, "09:12"), 82, "qualified", ("cash buyer", "sea view")),
    Asker("oliver", "Oliver", "Hartley", "+442079460018", LONDON, "the mews house in Kensington", "website",
          "ben", (11, "10:47"), 71, "qualified", ("relocation",)),
    Asker("grace", "Grace", "Nguyen", "+12125550123", NEW_YORK, "the two-bedroom on West 83rd Street", "referral",
          "ben", (10, "08:55"), 88, "qualified", ("first home", "pre-approved")),
    Asker("tiago", "Tiago", "Almeida", "+351912345678", LISBON, "the town house in Alfama", "survey",
          "rosa", (10, "11:20"), 64, "", ("investor",)),
    Asker("harper", "Harper", "Collins", "+13105550142", LOS_ANGELES, "the bungalow in Silver Lake", "open house",
          "ben", (10, "15:05"), 55, "", ("garden",)),
    Asker("liam", "Liam", "Fitzgerald", "+353851234567", "Europe/Dublin", "a rental near the park", "website",
          "max", (9, "09:40"), 20, "unqualified:Looks for a rental, we only sell", ()),
    Asker("ingrid", "Ingrid", "Bauer", "+4930123456", BERLIN, "the loft in Tribeca", "website",
          "ben", (9, "10:02"), 47, "", ("relocation",)),
    Asker("jackson", "Jackson", "Reed", "+15125550111", CHICAGO, "the lake house in Austin", "partner",
          "max", (9, "14:31"), 76, "qualified", ("second home",), "Reed & Sons"),
    Asker("chloe", "Chloe", "Bennett", "+61491570156", SYDNEY, "the terrace in Paddington", "survey",
          "rosa", (8, "08:20"), 58, "", ("school nearby",)),
    Asker("amara", "Amara", "Adeyemi", "+12125550187", NEW_YORK, "selling a brownstone in Harlem", "referral",
          "ada", (8, "09:33"), 91, "qualified", ("seller", "priority")),
    Asker("sipho", "Sipho", "Dlamini", "+27825550156", CAPE_TOWN, "the garden cottage in Constantia", "survey",
          "rosa", (8, "12:15"), 39, "", ("garden",)),
    Asker("emily", "Emily", "Watson", "+442079460042", LONDON, "the flat above the bakery in Hackney", "website",
          "ben", (7, "10:10"), 33, "", ()),
    Asker("marcus", "Marcus", "Bell", "+16465550198", NEW_YORK, "the duplex in Park Slope", "open house",
          "ben", (7, "11:48"), 67, "", ("two cars",)),
    Asker("yasmin", "Yasmin", "Haddad", "+971501234567", DUBAI, "the penthouse on Riverside Drive", "referral",
          "ada", (7, "13:02"), 84, "", ("cash buyer", "priority"), "Haddad Holdings"),
    Asker("lucas", "Lucas", "Ferreira", "+5511961234567", SAO_PAULO, "a flat as an investment", "advert",
          "max", (7, "16:25"), 28, "unqualified:Budget far below the market", ("investor",)),
    Asker("hannah", "Hannah", "Schmidt", "+4930123477", BERLIN, "the farmhouse in Hudson Valley", "website",
          "", (6, "09:05"), 41, "", ("garden",)),
    Asker("daniel", "Daniel", "Kim", "+13105550177", LOS_ANGELES, "the canyon house in Topanga", "advert",
          "ben", (6, "12:40"), 52, "", ()),
    Asker("zanele", "Zanele", "Khumalo", "+27825550171", CAPE_TOWN, "the family home in Claremont", "survey",
          "rosa", (6, "14:00"), 73, "qualified", ("school nearby", "pre-approved")),
    Asker("peter", "Peter", "Novotny", "", NEW_YORK, "selling two flats in Astoria", "inbound email",
          "max", (6, "17:12"), 45, "", ("seller",)),
    Asker("sofia", "Sofia", "Rossi", "+12125550166", NEW_YORK, "the studio near Columbia", "website",
          "ben", (5, "08:45"), 36, "", ("first home",)),
    Asker("james", "James", "O'Connor", "+12125550139", NEW_YORK, "the corner flat on Bleecker Street", "referral",
          "ben", (5, "09:58"), 62, "", ()),
    Asker("aisha", "Aisha", "Rahman", "+442079460077", LONDON, "the semi in Richmond", "survey",
          "max", (5, "10:30"), 44, "", ("school nearby",)),
    Asker("thomas", "Thomas", "Müller", "+4930123499", BERLIN, "the loft in Tribeca", "partner",
          "", (5, "11:11"), 18, "", (), "Müller Immobilien"),
    Asker("mei", "Mei", "Tanaka", "+13105550128", LOS_ANGELES, "the modern house in Venice", "open house",
          "ben", (4, "13:20"), 79, "", ("pre-approved",)),
    Asker("noah", "Noah", "Petersen", "+13035550144", DENVER, "the mountain cabin near Boulder", "advert",
          "max", (4, "10:15"), 31, "", ("second home",)),
    Asker("camille", "Camille", "Laurent", "+12125550153", NEW_YORK, "the garden flat in Cobble Hill", "website",
          "ben", (4, "15:44"), 57, "", ("garden", "relocation")),
    Asker("kwame", "Kwame", "Mensah", "+442079460091", LONDON, "the new-build in Greenwich", "survey",
          "rosa", (3, "09:20"), 49, "", ("first home",)),
    Asker("isabel", "Isabel", "Santos", "+351912345699", LISBON, "the apartment in Cascais", "website",
          "rosa", (3, "10:55"), 66, "", ("sea view",)),
    Asker("ethan", "Ethan", "Brooks", "+15125550162", CHICAGO, "the ranch outside Austin", "partner",
          "max", (3, "14:18"), 24, "", ("two cars",)),
    Asker("fatima", "Fatima", "Zahra", "+12125550174", NEW_YORK, "the two-bedroom on West 83rd Street", "referral",
          "ben", (3, "16:03"), 70, "", ("pre-approved",)),
    Asker("george", "George", "Papadakis", "+12125550181", NEW_YORK, "a shop with a flat above", "website",
          "", (2, "08:38"), 22, "", ("investor",), "Papadakis Foods"),
    Asker("lerato", "Lerato", "Ndlovu", "+27825550188", CAPE_TOWN, "the flat on Kloof Street", "survey",
          "rosa", (2, "09:50"), 54, "", ("first home",)),
    Asker("ruby", "Ruby", "Anderson", "+61491570157", SYDNEY, "the cottage in Balmain", "survey",
          "rosa", (2, "12:05"), 35, "", ()),
    Asker("victor", "Victor", "Hugo Lima", "+5511961234588", SAO_PAULO, "the penthouse on Riverside Drive", "advert",
          "ada", (2, "15:30"), 61, "", ("cash buyer",)),
    Asker("olivia", "Olivia", "Grant", "+12125550192", NEW_YORK, "the brownstone in Fort Greene", "open house",
          "ben", (1, "10:05"), 53, "", ("garden",)),
    Asker("arjun", "Arjun", "Patel", "+442079460103", LONDON, "the flat by Victoria Park", "website",
          "ben", (1, "11:40"), 42, "", ("relocation",)),
    Asker("elena", "Elena", "Petrova", "+12125550199", NEW_YORK, "the one-bedroom in Astoria", "website",
          "max", (1, "13:26"), 30, "", ("first home",)),
    Asker("samuel", "Samuel", "Osei", "+16465550123", NEW_YORK, "the duplex in Park Slope", "referral",
          "ben", (1, "15:15"), 59, "", ()),
    Asker("nina", "Nina", "Johansson", "+13105550155", LOS_ANGELES, "the bungalow in Silver Lake", "website",
          "", 210, 26, "", ()),
    Asker("david", "David", "Cohen", "+12125550145", NEW_YORK, "the corner flat on Bleecker Street", "website",
          "ben", 130, 38, "", ("pre-approved",)),
    Asker("thandi", "Thandi", "Zulu", "+27825550193", CAPE_TOWN, "the sea-view flat in Camps Bay", "survey",
          "rosa", 75, 46, "", ("sea view",)),
    Asker("jack", "Jack", "Morrison", "+61491570158", SYDNEY, "the terrace in Paddington", "survey",
          "rosa", 32, 15, "", ()),
)  # fmt: skip

RIVAL = (
    Asker("alice", "Alice", "Pemberton", "+442079460120", LONDON, "the cottage in Dulwich", "website",
          "rita", (6, "10:20"), 60, "", ("garden",)),
    Asker("henry", "Henry", "Clarke", "+442079460131", LONDON, "the flat in Clapham", "referral",
          "rob", (3, "11:45"), 35, "", ()),
    Asker("beatrix", "Beatrix", "Lowe", "+442079460142", LONDON, "the mews house in Kensington", "survey",
          "rob", (1, "14:30"), 48, "", ("relocation",)),
)  # fmt: skip
