"""What the crowd is made of."""

# ruff: noqa: SIM905  # lists of words are read as prose

FIRST_NAMES = (
    "Aaron Abigail Adam Adriana Ahmed Alice Alma Amir Ana Andre Anna Anton Astrid Ayesha Beatriz Bianca Bongani Bruno "
    "Caleb Carla Carmen Cecilia Charles Clara Daniela Darius Diego Dora Edith Eduardo Elias Elif Emma Erik Esther Eva "
    "Felix Fiona Frank Gabriel Georgia Hana Hassan Hugo Ida Igor Ines Irene Isaac Jana Jasper Joana Jonas Julia Kai "
    "Karin Kofi Laura Leila Leo Lina Louis Luisa Magnus Malik Marta Maya Miguel Mila Nadia Naomi Nils Noor Olga Omar "
    "Paula Pedro Petra Priya Rafael Rania Rosie Ruth Sam Sara Sean Simon Stella Sven Tara Theo Uma Vera Walter Yara Zoe"
).split()
LAST_NAMES = (
    "Abrams Achterberg Adams Ali Alvarez Andersson Barnes Becker Berg Botha Brandt Brown Campbell Carlsson Castro Chen "
    "Costa Cruz Davies Diallo Dias Dubois Edwards Eriksen Evans Fernandez Fischer Fox Garcia Gomez Green Gupta Hall "
    "Hansen Harris Hoffmann Hughes Ito Jackson Jensen Jones Joubert Khan King Koch Kowalski Larsen Lee Lewis Lopez "
    "Martin Meyer Miller Mitchell Molefe Moore Morgan Naidoo Nel Nielsen Novak Okoye Olsen Ortiz Owen Park Pereira "
    "Phillips Pillay Price Ramos Reyes Richter Roberts Rossi Russo Sanchez Sato Scott Silva Singh Smith Stone Swart "
    "Taylor Thomas Turner Vargas Venter Vogel Wagner Walker Ward Weber White Wilson Wong Wright Young Zimmermann"
).split()
COMPANIES = (
    "Bright Dental", "Cobalt Coffee", "Delta Freight", "Eastside Yoga", "Foster & Lane", "Granite Works",
    "Harbour Books", "Juniper Design", "Kestrel Labs", "Lumen Solar", "Maple Bakery", "Northwind Tools",
)  # fmt: skip
INTERESTS = (
    "a two-bedroom near the park", "a family house with a garden", "a studio in the centre", "a loft with a view",
    "selling a flat", "selling a family house", "a house by the sea", "a flat as an investment", "a farmhouse",
)  # fmt: skip
SOURCES = ("survey", "website", "website", "referral", "open house", "advert", "partner")
STATUSES = (("new", "contacted", "qualified", "converted", "unqualified"), (30, 34, 16, 8, 12))  # words, weights
ZONES = (
    "America/New_York", "America/New_York", "America/Chicago", "America/Los_Angeles", "Europe/London",
    "Africa/Johannesburg", "Europe/Lisbon", "Australia/Sydney",
)  # fmt: skip
AREAS = ("212", "646", "310", "512", "303", "617", "415")
SUBJECT = "Your question about {interest}"
HELLO = "Hi {first_name},\n\nthank you for asking about {interest}. Which day suits you for a visit?\n\nAcme Realty"
REPLIES = (
    "Thursday after five is good for me.\n\n{first_name}",
    "Could you send me photographs first? We live two hours away.\n\n{first_name}",
    "Thanks, but we have to wait until our own flat is sold.",
    "Saturday morning? And is there parking?",
)
MORE = "Hi {first_name},\n\nnoted, thank you. I come back to you tomorrow.\n\nAcme Realty"
