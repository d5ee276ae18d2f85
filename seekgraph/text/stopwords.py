"""The commonest function words of languages: what a search leaves out, and what a language is told by.

Written for this purpose, a few dozen words each, with question words and what questions begin with. Names of languages are
those of the Snowball stemmers; a language without a stemmer is here so that it is not taken for another.
"""

from __future__ import annotations

# The words of bm25s's longer English list that are no names or numbers. Kept here, not imported: an index depends on it.
ENGLISH_STOPWORDS = frozenset(
    """a about above after again against all am an and any are as at be because been before being below between both but by can
    did do does doing down during each few for from further had has have having he her here hers herself him himself his how i
    if in into is it its itself just me more most my myself no nor not now of off on once only or other our ours ourselves out
    over own s same she should so some such t than that the their theirs them themselves then there these they this those
    through to too under until up very was we were what when where which while who whom why will with you your yours yourself
    yourselves""".split()
)

_LISTS = {
    "arabic": """من في على إلى الى عن مع هذا هذه ذلك تلك التي الذي الذين ما ماذا هل كيف متى أين لماذا لا لم لن إن أن أو و
    ثم كان كانت يكون هو هي هم كل بعد قبل عند بين حتى إذا اذا قد أي كما لكن منذ غير""",
    "catalan": """el la els les un una uns unes de del dels d l al als a en amb per i o però que què com quan on qui quin
    quina és són ser ha han hi no si sí es s se el seu la seva aquest aquesta més molt també puc pot cal fer
    des fins sense""",
    "czech": """a aby ale ani ano až bez být by byl byla co či do i já jak jako je jeho její jejich jen jsem jsou k když
    který která které kde kdy kdo lze má mám mohu může na nebo není o od po pod podle pokud pro proč při s
    se si tak také tento tato to u v ve více z za ze že""",
    "danish": """og i jeg det at en den til er som på de med han af for ikke der var mig sig men et har om vi min havde
    ham hun nu over da fra du ud sin dem os op man hans hvor eller hvad skal selv her alle vil blev kunne
    ind når være dog noget har hvordan hvilken hvilket hvornår hvem hvorfor kan""",
    "dutch": """de het een en van in op te dat die is zijn was niet met voor aan er maar om dan zou of wat mijn men dit
    zo door over ze zich bij ook tot je mij uit der daar haar naar heb hoe heeft hebben deze u want nog zal
    me zij nu ge geen omdat iets worden werd wordt als ik kan welke wanneer waar wie waarom moet kun""",
    "finnish": """ja on ei se että en hän ne oli joka jos kun mitä mikä missä milloin miksi miten kuka voin voi voiko ovat
    olla ole tämä tai mutta niin myös kuin vain sen siitä tätä nämä minä sinä me te he ovatko onko jotka
    jossa sekä sitten vielä""",
    "french": """le la les un une des de du d l à au aux en et ou où mais donc or ni car que qu qui quoi quel quelle
    quels quelles dont ce cet cette ces c se s sa son ses leur leurs mon ma mes ton ta tes notre nos votre
    vos je j me m moi tu te t toi il elle on nous vous ils elles y ne n pas plus par pour dans sur avec sans
    sous est sont être été a ai as ont avoir avait fait faire peut peux puis dois doit comment quand
    pourquoi si comme même aussi très entre après avant""",
    "german": """der die das den dem des ein eine einen einem einer eines und oder aber nicht kein keine ist sind war
    waren sein bin wird werden wurde hat haben habe hatte kann können könnte muss soll in im an am auf aus
    bei beim mit nach von vom zu zum zur für über unter vor durch um ohne bis als wie wo wer was wann warum
    welche welcher welches welchen wenn dass daß ob weil ich du er sie es wir ihr mich mir dich dir sich uns
    euch mein meine meinen dein ihre ihren auch noch nur schon so sehr dann da hier dort man diese dieser
    dieses diesen diesem""",
    "greek": """ο η το οι τα του της των τον την τους τις και να σε στο στη στην στον στα στις από για με δεν είναι ήταν
    που πως πώς πού πότε ποιος ποια ποιο τι γιατί αν ή αλλά ως κατά μετά μπορώ μπορεί θα έχει έχουν αυτό
    αυτή αυτός μου σου μας σας ένα μια ένας ό όταν όπως""",
    "hindi": """के का की है हैं में से को पर और या यह वह ये वे कि जो तो भी ने एक इस उस कैसे क्या क्यों कब कहाँ कहां कौन
    कितने कितना नहीं था थी थे हो होता होती कर करें करना करने लिए साथ अपने किया जा सकता सकते मैं हम आप कुछ""",
    "hungarian": """a az és egy hogy nem is ez azt meg de van volt már ha csak mint vagy el ki mi ki hol mikor miért hogyan
    melyik milyen lehet kell ezt ami aki amely be fel le után alatt által én te ő mi ti ők nincs vannak
    volna lesz még így minden egyik""",
    "indonesian": """yang dan di ke dari untuk dengan pada adalah ini itu tidak dalam akan oleh atau juga saya anda kita
    mereka bagaimana apa apakah kapan mana siapa mengapa kenapa berapa bisa dapat harus jika ada sebagai
    telah sudah lebih agar bila cara""",
    "italian": """il lo la i gli le un uno una di del dello della dei degli delle d l a al allo alla ai agli alle dell all
    nell sull dall da dal dallo dalla dai in nel nello nella nei nelle con su sul sulla per tra fra e ed o
    ma che chi cui come quando dove perché quale quali cosa cos è sono sei essere era stato ha ho hai hanno
    avere non più si se mi ti ci vi io tu lui lei noi voi loro mio mia suo sua questo questa questi queste
    quello anche posso può devo deve fare""",
    "lithuanian": """ir yra kad bet ar ne į iš su už per po prie nuo iki kaip kas kada kur kodėl kuris kuri jis ji jie mes
    jūs aš tai šis ši šie būti buvo gali galiu ant arba tik dar jei kai""",
    "norwegian": """og i jeg det at en et den til er som på de med han av for ikke der var meg seg men har om vi min hadde
    ham hun nå over da fra du ut sin dem oss opp man hans hvor eller hva skal selv her alle vil ble kunne
    inn når være noe hvordan hvilken hvilket hvem hvorfor kan bli jeg""",
    "persian": """و در به از که این آن را با است برای یک می تا بر هم نیز یا اگر ما من شما او آنها چه چگونه چطور کی کجا چرا
    کدام هر بود شد شده کرد کند نیست هستند باشد های""",
    "polish": """i w na z do że się nie to jest są był była było o od po za ale lub albo czy jak co kto kiedy gdzie
    dlaczego który która które jaki jaka jakie dla przez przy pod nad ten ta te tego tej tym mogę może można
    mnie mi ja ty on ona my wy oni tak też tylko już jeśli jeżeli aby żeby bez""",
    "portuguese": """o a os as um uma uns umas de do da dos das em no na nos nas num numa por pelo pela pelos pelas para com
    sem sob sobre e ou mas que quem qual quais como quando onde porque porquê se não sim é são ser foi era
    está estão estar tem têm ter há eu tu ele ela nós vós eles elles você vocês me te lhe meu minha seu sua
    seus suas este esta isto isso esse essa aquele aquela ao à aos às mais muito também já posso pode devo
    deve fazer até entre""",
    "romanian": """și si în in la de cu pe din un o unei unui ale al a ai care ce cum când unde cine de ce nu este sunt era
    fi fost are am ai au să se mai sau dar pentru prin după dacă este acest această aceste acestui eu tu el
    ea noi voi ei pot poate trebuie""",
    "russian": """и в во не что он на я с со как а то все она так его но да ты к у же вы за бы по только ее мне было вот
    от меня еще нет о из ему теперь когда даже ну ли если или ни быть был него до вас нибудь вам ведь там
    потом себя ничего ей может они тут где есть надо ней для мы тебя их чем была сам чтоб без будто чего раз
    тоже себе под будет ж тогда кто этот того потому этого какой какая какие каким какую при об почему
    сколько можно нужно мой моя это эта эти является""",
    "serbian": """и у на је да се за са од до не који која које као или али како шта кад када где зашто ко су био била из
    по о он она они ми ви ја то тај та овај ова i u na je da se za sa od do ne koji koja koje kao ili ali
    kako šta kad kada gde zašto su bio bila iz po ovaj ova mogu može""",
    "spanish": """el la los las lo un una unos unas de del a al en y e o u pero sino que qué quien quién quienes cual cuál
    cuáles como cómo cuando cuándo donde dónde por porque para con sin sobre entre hasta desde si sí no ni
    ya más muy también es son ser era fue está están estar hay ha han he haber tiene tienen tengo puede
    puedo pueden debo debe hacer hago yo tú él ella nosotros ellos ellas usted ustedes me te se le les nos
    mi mis tu tus su sus este esta esto estos estas ese esa eso esos esas cada cuánto cuánta cuántos cuántas""",
    "swedish": """och i att det som en på är av för med den till har de ett inte om han men var jag sig från vi så kan man
    när hur vad vem vilken vilket vilka varför där här du min din sin ska skall måste eller också bara än då
    vid ut upp efter över under utan blir blev varit vara hade hon ni oss dem""",
    "tamil": """மற்றும் ஒரு இந்த அந்த என்று என்ன எப்படி எப்போது எங்கே ஏன் யார் எந்த அது இது இல்லை உள்ளது ஆகும் வேண்டும்
    முடியும் அல்லது என் நான் நீங்கள் அவர்""",
    "turkish": """ve bir bu da de için ile mi mı mu mü ne nasıl neden niçin nerede hangi kim kaç gibi daha çok en ama veya
    ya olarak olan var yok değil ben sen o biz siz onlar her şu ki kadar sonra önce eğer ise""",
    "ukrainian": """і в у не що він на я з як а то все вона так його але та ти до за би по тільки її мені було від мене ще
    ні о із коли навіть чи якщо або бути був вас там себе вони де є для ми тебе їх чим під буде хто цей того
    цього який яка які чому скільки можна треба це ця ці""",
}

STOPWORDS: dict[str, frozenset[str]] = {"english": ENGLISH_STOPWORDS}
"""The function words of each language, casefolded, as they are written."""
STOPWORDS |= {language: frozenset(text.casefold().split()) for language, text in _LISTS.items()}
