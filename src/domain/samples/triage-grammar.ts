/** Messages to a clinic's front desk, as a grammar: `{name}` is replaced by one of the phrases under that name. */
export const TRIAGE_CLASSES = [
  'appointment',
  'prescription',
  'symptoms',
  'billing',
  'test results',
  'records',
  'online access',
  'emergency',
] as const;
export type TriageClass = (typeof TRIAGE_CLASSES)[number];

/** What a message of each class is about: `core` is always there, `detail` often, `aside` shows up in other classes too. */
export const TRIAGE_CORES: Readonly<
  Record<TriageClass, { core: readonly string[]; detail: readonly string[]; aside: readonly string[] }>
> = {
  appointment: {
    core: [
      'I need to {move} my visit {onDay}',
      'could I get {aSlot} with {doctor} {when}',
      'is there anything {when} for {who}? {anyTime}',
      'please cancel {whose} {visit} {onDay}',
      '{doctor} asked to see {who} again in {weeks}, can we book that',
      'I missed the {visit} {onDay} because {excuse}, can it be moved',
      'I am on the waiting list for {doctor} and wonder if something opened up {when}',
      'what time is {whose} {visit} {onDay}? I {lost} the reminder',
    ],
    detail: [
      '{dayPart} would suit best.',
      '{anyTime}.',
      'I can come at short notice.',
      'A video call would be fine too.',
      'I work {dayPart} so that is hard.',
    ],
    aside: [
      'I will be in {onDay} anyway',
      'I could not get an appointment before {month}',
      'I would rather not wait for my next visit',
    ],
  },
  prescription: {
    core: [
      'I have {few} {drug} left and need a refill',
      'can {doctor} renew {whose} {drug}',
      'the pharmacy {pharmacySays} my {drug}',
      'please send {whose} {drug} to {pharmacy} instead',
      'I was given {drug} but the {dose} does not look right',
      'is it fine to take {drug} together with {drug}',
      'I would like to change from {drug} to something cheaper',
      '{whose} repeat of {drug} was not in the bag when I picked it up',
    ],
    detail: [
      'It is for {condition}.',
      'I take it {howOften}.',
      'The {dose} has been the same for {duration}.',
      'I leave on {travel} {when}.',
      'The pharmacist told me to ask you.',
    ],
    aside: ['I am still taking {drug} {howOften}', 'my {drug} runs out {when}', 'the {drug} did not help much'],
  },
  symptoms: {
    core: [
      '{whoHas} had {symptom} for {duration}',
      'my {part} {hurts} since {since}, should I be seen',
      '{symptom} came back {lately} and {home} does not help',
      'I think the {drug} gives me {symptom}',
      'noticed {sign} on my {part}, is that something to worry about',
      '{who2} woke up with {symptom} and {symptom}',
      'after {activity} my {part} {hurts} and I am not sure what to do',
      'is {symptom} normal {afterWhat}',
    ],
    detail: [
      'It is worse {dayPart}.',
      'No fever so far.',
      'It comes and goes.',
      '{home} helps a little.',
      'I had the same {lately}.',
      'I can still {canStill}.',
    ],
    aside: ['I still have {symptom}', 'my {part} {hurts} again', 'I had {symptom} {lately}'],
  },
  billing: {
    core: [
      'I got a bill for {amount} for the {visit} {onDay} and {billWrong}',
      'my insurance {insurerSays} the {service}',
      'how much will the {service} cost {insured}',
      'I was charged twice for the {service}',
      'can I pay the {amount} in {parts}',
      'my insurance changed {lately}, where do I send the new card',
      'I need an itemised receipt for the {service}',
      'please explain the {feeName} on my last statement',
    ],
    detail: [
      'The invoice number ends in {digits}.',
      'I paid by card {onDay}.',
      'The letter is dated {monthDay}.',
      'Nobody told me beforehand.',
      'My plan is supposed to cover it.',
    ],
    aside: [
      'the last bill was {amount}',
      'I am not sure my insurance covers that',
      'I already paid {amount} for the {service}',
    ],
  },
  'test results': {
    core: [
      'are the results of my {test} in yet',
      'I had {aTest} {onDay} and heard nothing',
      'my {value} is marked {flag}, what does that mean',
      'could {doctor} call me about the {test}',
      'the {test} report says {finding}, should I be worried',
      'do I need to repeat the {test}? The last one was {lately}',
      'did the lab get {whose} {sample}',
      'when will {whose} {test} be back',
    ],
    detail: [
      'It was done at {place}.',
      'You said it takes {duration}.',
      'I was fasting that day.',
      'I can see it but do not understand it.',
      '{doctor} ordered it.',
    ],
    aside: ['I had {aTest} {lately}', 'my {value} was {flag} last time', 'I am waiting for the {test} as well'],
  },
  records: {
    core: [
      'please send {whose} {paper} to {place}',
      'I need {aPaper} for {purpose}',
      'we are moving and want {whose} file sent to {place}',
      'my {detailWrong} is wrong in your system',
      'can I get a copy of the {paper} from {month}',
      'the {paper} you filled in is missing {missing}',
      'who has seen my file? I would like {aPaper}',
      'did you get the {paper} that {place} faxed {onDay}',
    ],
    detail: [
      'They need it by {monthDay}.',
      'I can pick it up {when}.',
      'A scan by mail is enough.',
      'I signed the release form already.',
      'The old address was on it.',
    ],
    aside: ['{place} should have sent you the {paper}', 'I will bring the {paper} with me', 'I also moved {lately}'],
  },
  'online access': {
    core: [
      'I cannot log in to the {site}, it says {error}',
      'the code for the {site} never arrives on my {device}',
      'how do I add {who} to my account on the {site}',
      'the {site} shows {shows} when I open {screen}',
      'I forgot my password for the {site} and the reset {resetFails}',
      'the video call {callFails} {onDay}',
      'I do not want text messages from you any more',
      'I changed my {device} and the {site} no longer knows me',
    ],
    detail: [
      'I tried {browser} too.',
      'It worked {lately}.',
      'I restarted my {device} twice.',
      'My user name is the mail address.',
      'The screen just stays white.',
    ],
    aside: [
      'I could not find it on the {site}',
      'the {site} was down so I write here',
      'the {site} only shows {shows}',
    ],
  },
  emergency: {
    core: [
      '{whoHas} {alarm} right now',
      '{alarm} since {minutes}, it is getting worse',
      '{who2} swallowed {poison} {minutes} ago',
      'I took {tooMany} {drug} by mistake and feel {bad}',
      '{who2} fell and {fallen}',
      'my {part} is swelling fast and {breath} after {trigger}',
    ],
    detail: [
      'Please call me back at once.',
      'Should I call an ambulance?',
      'I am alone.',
      'It has never been like this.',
      'I do not know what to do.',
    ],
    aside: ['last year it was {alarm}'],
  },
};
