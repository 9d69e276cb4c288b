/// Words that are names of persons, and words that never are.
///
/// Frequent Indian given names and surnames from all parts of the country, from general knowledge. Short of complete by
/// far: names without a cue that are not here are not found.
enum NameLexicon {
    /// Given names, then surnames.
    static let names = """
        aakash aaliya aamir aarav aarti aarushi aashish abdul abhay abhijit abhinav abhishek aditi aditya afzal ahmed aishwarya ajay
        ajit akash akbar akhil akshay alka alok aman amar ambika amina amit amita amitabh amol amrita anand ananya anil anirban
        anita anjali anju ankit ankita ankur anoop ansh anshul anu anup anupam anuradha anusha anushka aparna archana arijit arjun
        arnab arpita arun aruna arvind aryan asha ashish ashok ashwin asif asma atul avinash ayesha ayush babita balaji baldev
        balwinder bharat bharati bhaskar bhavana bhavesh bhavna bhupendra bijoy bimal bindu chandan chandni chandra charu chetan
        chhaya chirag daljit darshan debashish debjani deepa deepak deepali deepika deepti devendra devi dhananjay dharmendra
        dhruv dilip dimple dinesh divya durga dushyant farah farhan faisal fatima firoz ganesh gaurav gauri gautam gayatri geeta
        girish gita gopal gopinath gouri govind gurmeet gurpreet hamid hardeep hari harish harjeet harjit harpreet harsh harsha
        hassan heena hema hemant himanshu hina hitesh imran indira indrajit irfan isha ishaan ishita iqbal jagdish jasmeet jasmine
        jaspreet jaswant jatin javed jaya jayanta jayanti jayesh jaydeep jeevan jignesh jitendra john jose joseph jyoti kabir kailash
        kajal kalpana kalyani kamal kamala kamlesh kanchan kanta karan karim karthik kartik karuna kashif kaushik kavita kavitha
        kaveri keerthi keshav ketan khushboo kiran kirti kishore komal krishna krishnan kuldeep kumar kumari kunal kusum lakshmi
        lakshman lalit lalita lalrinawma lata laxmi leela lokesh madan madhav madhavi madhu madhuri mahendra mahesh mala malati
        malini mallika mamta manas mandeep manish manisha manju manjula manjunath manoj manpreet mansi maria mary maya mayank
        meena meenakshi meera megha mehul milind mina mithun mohammad mohammed mohamed mohan mohit moumita mridula mukesh mukta mumtaz
        murali nagaraj namita namrata nandini narayan narendra naresh nargis naseem nasir naveen navin nazia neelam neeraj neeta neha
        nidhi nikhil nikita nilesh nimisha niraj nirmala nisha nishant nitesh nitin nitya nupur omkar padma padmini pallavi pankaj
        parag paramjit paras parth parul parvati parveen pavan pawan payal pooja poonam prabha prabhakar prachi pradeep pradip prakash
        pramod pranab pranav pranay prasad prasanna prashant pratibha pratik praveen pravin preeti prem priti pritam priya priyanka
        puja puneet purnima pushpa rachna radha radhika raghav raghu rahim rahul raj raja rajan rajani rajat rajeev rajendra rajesh
        rajiv rajkumar rajni raju rakesh ram rama ramakrishna raman ramesh rameshwar rana ranjan ranjana ranjit rashid rashmi ratan
        ravi ravindra reena rehana rekha renu renuka reshma rhea richa ritesh ritu riya rohan rohini rohit roshni rubina ruchi
        rukmini rupa rupali sabina sachin sadhana sahil saira sakshi salim salma sameer samir sandeep sandhya sandip sangeeta sanjana
        sanjay sanjeev sanjiv sankar santosh sapna sarala sarita satish satyam saurabh savita savitri seema shabana shabnam shahid
        shahnaz shailesh shakuntala shalini shankar shanta shanti sharad sharmila shashi sheela shekhar shilpa shivam shivani shobha
        shreya shruti shubham shweta shyam siddharth simran sita smita sneha sonal sonali sonia soumya sourav sridevi sridhar
        srinivas subhash subrata sudarshan sudha sudhir sujata sukhdev sukhwinder suman sumit sumitra sundar sunil sunita suraj
        surabhi surekha surendra suresh surinder surya sushil sushila sushma suvarna swapna swapnil swarna swati syed tabassum tanmay
        tanuja tanvi tanya tapan tara tarun tejas tenzin thomas trupti tulsi tushar uday uma umesh urmila urvashi usha utkarsh
        vaibhav vaishali vandana vani vanita varsha varun vasant vasudha veena venkat venkatesh vibha vidya vijay vijaya vikas
        vikram vikrant vimal vimala vinay vinayak vineet vinita vinod vipin vipul viraj virendra vishal vishnu vivek yamini yash
        yashwant yogesh yusuf zafar zahid zainab zakir zara zeenat zoya
        acharya agarwal aggarwal agrawal ahuja ansari anthony arora awasthi babu badal bajwa bakshi balakrishnan banerjee banerji
        bansal baruah basu batra bedi bhagat bhardwaj bhargava bhat bhatia bhatt bhattacharya bhattacharjee bhosale biswas bora borah
        borgohain bose chakraborty chakravarty chandran chandrasekhar chatterjee chaturvedi chaudhary chaudhuri chauhan chavan
        chettiar chetty choudhary choudhury chowdhury dalal das dasgupta datta deb deka desai deshmukh deshpande dhillon dixit
        dsouza d'souza dubey dutt dutta dwivedi fernandes fernandez gadkari gaikwad gandhi ganguly garg gaur george ghosh ghoshal
        gill goel gogoi gopalakrishnan goswami goud gowda goyal grewal grover guha gulati gupta guru haldar hazarika hegde hussain iyengar iyer
        jadhav jain jaiswal jha joshi kadam kakkar kale kalra kamath kamble kannan kapadia kapoor kapur kashyap kaul kaur khan khandelwal
        khanna kher khurana kohli konwar kothari krishnamurthy krishnaswamy kulkarni kundu lal lepcha lobo mahajan mahanta mahapatra
        mahato mahtani malhotra malik mane mathew mathur medhi meena mehra mehrotra mehta menon mishra misra mistry mittal modi
        mohanty mohapatra mondal mukherjee mukhopadhyay murthy murugan nadar naidu naik nair nambiar namboodiri nanda narang narayanan
        natarajan nath nayak nayar negi oberoi ojha pai pal palit pande pandey pandit pandya panicker panigrahi pant parekh parikh
        parmar patel pathak patil patnaik patra pawar pereira phukan pillai pinto pradhan prajapati puri qureshi raghavan
        raghunathan rai rajagopal rajan rajput ramachandran ramanathan ramaswamy rana rane rao rastogi rathore raut rawal rawat reddy rodrigues roy sachdeva
        saha sahni sahoo sahu saikia saini salunkhe salvi samanta sanghvi sangma sarkar sawant saxena sehgal sen sengupta seth sethi
        shah shaikh sharma shastri sheikh shekhawat shenoy shetty shinde shroff shukla siddiqui sidhu singh singhal singhania sinha sodhi
        solanki sood soni srinivasan srivastava subramaniam subramanian sundaram suri swamy tandon tendulkar thakkar thakur thapa
        thomas tiwari trivedi tyagi upadhyay vaidya varghese varma vasudevan venkataraman verma vohra vyas wadhwa walia yadav
        """

    /// Words of companies, streets, places and authorities.
    static let organisations = """
        sales motors motor suzuki finserv finance bank industries limited ltd pvt private llp inc corp corporation company co stores
        store mart bazaar retail digital electronics mobiles mobile india fiber telecom communications insurance hospital hospitals
        clinic pathlabs labs laboratories pharmacy school college university institute academy airlines airways travels tours
        holidays hotel hotels restaurant foods sweets jewellers textiles garments furniture builders developers constructions
        properties realty estates enterprises traders trading agency agencies services service solutions systems technologies
        technology software power energy steel cement chemicals group sons brothers associates consultancy logistics courier
        couriers express cargo road street marg nagar chowk place park colony vihar enclave layout bagh garden gardens puram 
        pur gali lane salai cross circle square bridge station airport terminal stadium market complex tower towers apartments
        residency niketan society chs building mall plaza district state city village taluk taluka tehsil court commission forum
        tribunal authority ministry department government govt act rules section committee council board bhavan bhawan mission
        yojana scheme trust foundation temple mandir church university nursing showroom dealer dealers dealership ward sector
        block phase extension medical stationery provision supermarket hypermarket capital securities mutual fund loans housing
        credit card cards fashion fashions lifestyle trends footwear cements automobiles auto cars cabs tyres opticals optics gas
        bureau financial federal union funds usa center centre servicing lending department dept airports motors
        """

    /// Other words that stand in capitals, or after a cue, without being a name.
    static let others = """
        a an the i me my we our you your he she his her it its they them their this that these those who whom what which when where
        why how whose is am are was were be been being do does did done have has had having can could will would shall should may
        might must not no yes and or but if so as at by for from in into of off on onto out over to under up upon with without
        about after again against all also any another because before between both each either every few here just less more most
        much neither never next now once one only other others please same several since some such than then there therefore
        though through till too two three until very via was while within yet hi hello dear sir madam sirs respected team thanks
        thank regards sincerely hope since kindly sorry help want wants need needs bought buy purchased paid ordered order orders
        received called told asked asking said writing trying facing unable looking going planning aware sure sorry unhappy happy
        angry upset worried tired new old still already not being getting having living residing staying working calling
        consumer consumers customer customers complainant complaint complaints citizen resident student senior person owner user
        buyer seller trader manager officer agent executive engineer doctor lawyer advocate teacher employee farmer housewife
        victim patient tenant landlord husband wife father mother brother sister son daughter friend family widow
        monday tuesday wednesday thursday friday saturday sunday january february march april may june july august september
        october november december jan feb mar apr jun jul aug sep sept oct nov dec today yesterday tomorrow
        flat house plot door amazon flipkart myntra meesho snapdal snapdeal reliance tata jio airtel vodafone idea bsnl samsung apple
        xiaomi oppo vivo oneplus realme nokia sony lg whirlpool godrej bajaj maruti hyundai honda hero tvs mahindra toyota kia
        bmw audi hdfc icici sbi axis kotak yes pnb paytm phonepe gpay google swiggy zomato ola uber rapido zepto blinkit bigbasket
        dmart croma voltas haier ifb lenovo dell hp asus acer boat indigo spicejet vistara makemytrip goibibo oyo irctc byju
        nykaa lenskart pepperfry urban company lic policybazaar acko nestle amul britannia parle big lazada ebay
        delhi mumbai kolkata chennai bengaluru bangalore hyderabad pune ahmedabad jaipur lucknow kanpur nagpur indore bhopal
        patna surat vadodara gurugram gurgaon noida ghaziabad faridabad chandigarh kochi thiruvananthapuram coimbatore madurai
        visakhapatnam vijayawada guwahati bhubaneswar ranchi raipur dehradun shimla srinagar jammu goa mysuru mangaluru nashik
        thane navi greater agra varanasi amritsar ludhiana kerala karnataka maharashtra gujarat rajasthan punjab haryana bihar
        odisha assam telangana tamil nadu andhra pradesh uttar uttarakhand jharkhand chhattisgarh west bengal himachal madhya
        sikkim manipur mizoram nagaland tripura meghalaya arunachal north south east central national district indian hindi
        english aadhaar aadhar pan upi gst gstin ifsc kyc otp emi atm neft rtgs imps epic passport voter licence license email
        mail phone mobile number address account invoice bill refund amount rupees rs inr awb txn ref date name names id no city
        pin code pincode contact registered nominee borrower holder section rule rules act chapter law order product warranty delivery
        hai hain hu hoon ho tha thi ka ki ke ko se ne mein main aur ya par mera meri mere mujhe hum aap kya nahi nahin bhi ye yeh
        wo woh abhi tak bol raha rahi paise wapas kiye kiya है हैं हूँ हूं था का की के को से ने में और या पर मेरा मेरी मेरे
        मोबाइल कृपया नंबर नाम
        first second third last final good great best bad poor many united states american america pro max plus mini ultra galaxy iphone
        laptop washing machine air conditioner refrigerator television watch phone case smart online offline opposite party relief
        subject reference prayer facts whereas hereby above below details copy note via lakh lakhs crore thousand hundred
        """
}
