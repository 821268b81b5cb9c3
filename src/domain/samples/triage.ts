import { seededRandom, type Random } from '../random.ts';

export interface SampleText {
  readonly text: string;
  readonly label: string;
}

/** A sentence pattern: `{slot}` is filled from the slots below. */
type Grammar = Readonly<Record<string, readonly string[]>>;

const SLOTS: Grammar = {
  hello: ['', '', '', 'Hello, ', 'Hi, ', 'Good morning, ', 'Dear team, ', 'Hi there - ', 'Sorry to bother you, '],
  bye: [
    '',
    '',
    '',
    ' Thanks.',
    ' Many thanks!',
    ' Please call back.',
    ' Kind regards',
    ' I am at work until five.',
    ' No rush.',
  ],
  who: ['I', 'my mother', 'my son', 'my husband', 'my daughter', 'my father', 'our neighbour', 'my partner'],
  day: [
    'Monday',
    'Tuesday',
    'Wednesday',
    'Thursday',
    'Friday',
    'next week',
    'the 14th',
    'tomorrow',
    'the end of the month',
  ],
  when: [
    'since yesterday',
    'for three days',
    'since last night',
    'for about a week',
    'after lunch',
    'this morning',
    'on and off for a month',
  ],
  time: ['9:30', '8 in the morning', '11:15', 'quarter past two', '4 pm', 'noon', 'any time after 3'],
  doctor: ['Dr Okafor', 'Dr Lindqvist', 'Dr Mehta', 'the nurse', 'Dr Ruiz', 'the physio', 'Dr Haddad'],
  drug: [
    'amlodipine',
    'the inhaler',
    'levothyroxine',
    'metformin',
    'my blood pressure tablets',
    'the eye drops',
    'omeprazole',
    'the cream',
  ],
  symptom: [
    'a dry cough',
    'a sore throat',
    'a rash on the arm',
    'back pain',
    'a headache',
    'an upset stomach',
    'swollen ankles',
    'an itchy eye',
    'a low fever',
    'earache',
  ],
  alarm: [
    'crushing pain in the chest',
    'trouble getting air',
    'a face that droops on one side',
    'fainted twice',
    'a cut that will not stop bleeding',
    'a very stiff neck and high fever',
    'swollen lips after a sting',
  ],
  test: [
    'blood test',
    'X-ray',
    'urine sample',
    'scan',
    'cholesterol check',
    'biopsy',
    'thyroid values',
    'allergy test',
  ],
  bill: ['invoice', 'bill', 'payment reminder', 'statement', 'receipt'],
  sum: ['48 euro', '120', '36.50', 'twice the usual amount', '75 euro', '19.90'],
  insurer: ['my insurance', 'the insurer', 'my employer', 'the health fund'],
  paper: [
    'sick note',
    'referral letter',
    'vaccination record',
    'medical certificate',
    'form for the school',
    'copy of my file',
    'travel letter',
  ],
  place: [
    'the car park',
    'the entrance',
    'the waiting room',
    'the lift',
    'your web page',
    'the phone line',
    'the front desk',
  ],
  fault: [
    'was locked',
    'does not work',
    'was far too cold',
    'shows an error',
    'is hard to reach with a wheelchair',
    'keeps me on hold',
    'was very crowded',
  ],
};

/** Patterns by class. Some use words of other classes: those are the hard cases. */
const PATTERNS: Grammar = {
  appointment: [
    'can {who} see {doctor} on {day} at {time}?',
    'I need to move the appointment from {day} to {day}.',
    'is there anything free with {doctor} {day}?',
    'please cancel the visit on {day}, {who} cannot come.',
    'could you book {who} in for {time} on {day}?',
    'I missed my slot with {doctor} and would like a new one.',
    'what time was the check with {doctor} again, {time} or {time}?',
    'can the {test} be done on {day} instead, around {time}?',
    'I would like to come in about {symptom}, is {day} possible?',
  ],
  prescription: [
    'I am running out of {drug}, could you renew it by {day}?',
    'the pharmacy has no {drug} on file for {who}.',
    'please send the repeat prescription for {drug} to the usual pharmacy.',
    'the dose of {drug} on the label is not what {doctor} said.',
    '{who} lost the packet of {drug}, can we get another script?',
    'is there a cheaper version of {drug}?',
    'can I take {drug} together with {drug}?',
    'since {drug} was changed there is {symptom}, should I stop taking it?',
  ],
  'test result': [
    'is the result of the {test} back yet?',
    '{doctor} said the {test} would be ready by {day}.',
    'could someone explain the numbers on the {test}?',
    'the {test} report says borderline, what does that mean for {who}?',
    'please send the {test} findings to {doctor}.',
    'I had a {test} on {day} and have heard nothing.',
    'the lab wrote that the {test} has to be repeated, why?',
  ],
  symptom: [
    '{who} has had {symptom} {when}.',
    'there is {symptom} {when} and it is not getting better.',
    'what can I do at home for {symptom}?',
    '{symptom} came back {when}, is that normal?',
    '{who} woke up with {symptom} and {symptom}.',
    'should I worry about {symptom} {when}?',
    '{who} took {drug} but still has {symptom}.',
  ],
  billing: [
    'the {bill} says {sum} but I already paid.',
    'why did I get a {bill} for {sum}?',
    'can {insurer} pay the {bill} directly?',
    'I was charged {sum} for a visit on {day} that never took place.',
    'please send the {bill} to {insurer}.',
    'could I pay the {sum} in two parts?',
    'the {bill} for the {test} has the wrong name on it.',
  ],
  document: [
    '{who} needs a {paper} until {day}.',
    'could you email me the {paper}?',
    'the {paper} has a wrong date of birth.',
    'please prepare a {paper} for {insurer}.',
    '{doctor} promised a {paper} last time, where can I collect it?',
    'I need the {paper} and the result of the {test} as PDF.',
  ],
  feedback: [
    '{place} {fault}.',
    'just to let you know that {place} {fault} on {day}.',
    'I waited until {time} although I was booked for {time}.',
    '{doctor} took a lot of time and explained everything, that was great.',
    'nobody answered the phone {when}.',
    'the new opening hours on {day} suit us very well.',
    '{doctor} was in a hurry and did not look at the {test}.',
  ],
  urgent: [
    '{who} has {alarm}, what should we do?',
    '{alarm} {when}, please call at once.',
    '{who} took too much of {drug} and is very sleepy.',
    'we think it is serious: {alarm} and {symptom}.',
  ],
};

/** Shares of the classes; `urgent` is the rare one. */
const WEIGHTS: readonly (readonly [string, number])[] = [
  ['appointment', 24],
  ['prescription', 18],
  ['symptom', 16],
  ['test result', 14],
  ['billing', 11],
  ['document', 8.5],
  ['feedback', 6],
  ['urgent', 2.5],
];

/** Short messages to a clinic, as a front desk has to sort them. Same seed, same texts. */
export function generateTriageTexts(seed: number, count: number): SampleText[] {
  const random = seededRandom(seed);
  const out: SampleText[] = [];
  const seen = new Set<string>();
  for (let tries = 0; out.length < count && tries < count * 20; tries++) {
    const label = weighted(random);
    const parts = [sentence(label, random)];
    if (random.next() < 0.35) parts.push(sentence(random.next() < 0.3 ? weighted(random) : label, random));
    const text = disturb(`${choose(SLOTS['hello'], random)}${parts.join(' ')}${choose(SLOTS['bye'], random)}`, random);
    if (seen.has(text)) continue;
    seen.add(text);
    out.push({ text, label });
    // Now and then the same person writes again with one word more: a near-duplicate.
    if (random.next() < 0.03 && out.length < count) {
      const again = `${text} Please answer.`;
      if (!seen.has(again)) {
        seen.add(again);
        out.push({ text: again, label });
      }
    }
  }
  return out;
}

function sentence(label: string, random: Random): string {
  const filled = choose(PATTERNS[label], random).replace(/\{(\w+)\}/g, (_, slot: string) =>
    choose(SLOTS[slot], random),
  );
  return filled.charAt(0).toUpperCase() + filled.slice(1);
}

function weighted(random: Random): string {
  let at = random.next() * WEIGHTS.reduce((sum, [, w]) => sum + w, 0);
  for (const [label, weight] of WEIGHTS) {
    at -= weight;
    if (at < 0) return label;
  }
  return 'appointment';
}

function choose(list: readonly string[] | undefined, random: Random): string {
  return list?.[random.below(list.length)] ?? '';
}

/** Typing as people do: lower case, a letter swapped or dropped here and there. */
function disturb(text: string, random: Random): string {
  let out = random.next() < 0.15 ? text.toLowerCase() : text;
  while (random.next() < 0.25) {
    const at = 1 + random.below(Math.max(1, out.length - 2));
    const [a = '', b = ''] = [out[at], out[at + 1]];
    if (!/[a-z]/.test(a) || !/[a-z]/.test(b)) continue;
    out = random.next() < 0.5 ? out.slice(0, at) + b + a + out.slice(at + 2) : out.slice(0, at) + out.slice(at + 1);
  }
  return out;
}
