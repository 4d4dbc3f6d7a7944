"""Sentences to measure on: put together of parts that fit each other, 600 that never change and never repeat."""
import itertools
import random

SUBJECTS = {
    "person": """The old fisherman
My neighbour from the second floor
A young engineer
Her grandmother
The new head of the school
An unknown poet
The captain of the losing team
Our family doctor
A tired nurse
The museum's oldest guard
Two students of biology
The mayor of a small town
His younger sister
A travelling salesman
The woman who runs the bakery""".splitlines(),
    "thing": """The bridge across the harbour
A satellite in a low orbit
The library's oldest map
The second engine
A sudden drop in prices
The law that parliament passed
The vaccine against the fever
A long drought in the south
The reactor's cooling system
An error in the program
The glacier above the village
A new railway line
The orchestra's last concert
The contract between the two firms
The river behind the mill""".splitlines(),
}
PREDICATES = {
    "person": """repaired the broken fence before the storm came
wrote a long letter to the editor of the newspaper
could not remember where the keys had been left
learned to play the violin at the age of seventy
sold the house and moved to the coast
asked whether the last train had already gone
found a wallet full of foreign coins
explained why the experiment had failed twice
taught the children how to read a compass
waited three hours in the rain for nothing
refused to sign the document without a lawyer
baked bread for everyone in the street
counted the birds on the lake every morning
won a prize for a short story about bees
lost patience with the slow computer
ran a marathon despite a sore knee
forgot to water the plants during the holidays
painted the kitchen in a very bright yellow
complained about the noise from the factory
borrowed a ladder and never gave it back""".splitlines(),
    "thing": """was mentioned in the evening news
surprised everyone who had studied the matter
cost far more than anybody had expected
will be replaced before the end of the year
has been the subject of many heated debates
made life easier for thousands of people
caused a delay that nobody could explain
had been forgotten until last winter
was described in detail by two Dutch scientists
changed the way the region earns its money
is said to have no equal in Europe
failed on the very first day
was paid for by a wealthy widow
could be seen from the top of the hill
led to an inquiry that took four years
depends on the weather more than one would think
was photographed from an aeroplane
has inspired at least three novels
was measured again with better instruments
attracted visitors from all over the country""".splitlines(),
}


def sentences():
    """All of them, in an order that mixes subjects and predicates and stays the same."""
    made = [f"{subject} {predicate}." for kind in SUBJECTS
            for subject, predicate in itertools.product(SUBJECTS[kind], PREDICATES[kind])]
    random.Random(0).shuffle(made)
    return made
